/** The user's rules and switches in storage.local. If they cannot be read, everything is blocked, not opened. */
import * as v from 'valibot';
import { EMPTY_TABLE, type RouteTable, RouteTableSchema } from '../routing/rules.ts';
import { withoutExpired, withoutSessionRules } from '../routing/temporary.ts';
import { type Steps, withStep } from '../routing/undo.ts';
import { load, type StorageArea } from './store.ts';

const KEY = 'settings';
/** In storage.session: this browser has run since the temporary rules were made. */
const ALIVE_KEY = 'alive';

export const SettingsSchema = v.object({
  version: v.literal(1),
  protection: v.boolean(),
  table: RouteTableSchema,
  /** 0: only when the browser closes. */
  autoLockMinutes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1440)),
  closeChannels: v.boolean(),
});
export type Settings = v.InferOutput<typeof SettingsSchema>;

export const DEFAULT_SETTINGS: Settings = {
  version: 1,
  protection: false,
  table: EMPTY_TABLE,
  autoLockMinutes: 15,
  closeChannels: true,
};

/** What holds while the stored settings are unreadable: nothing leaves until the user has looked. */
const CLOSED: Settings = {
  ...DEFAULT_SETTINGS,
  protection: true,
  table: { ...EMPTY_TABLE, otherwise: { kind: 'block' }, localDirect: false },
};

export class SettingsKeeper {
  current: Settings = CLOSED;
  broken = false;
  /** Grows with every change of the table: windows know by it when to ask anew. */
  revision = 1;
  private steps: Steps = [];
  private readonly area: StorageArea;
  private readonly session: StorageArea;
  private readonly now: () => number;

  constructor(area: StorageArea, session: StorageArea, now: () => number) {
    this.area = area;
    this.session = session;
    this.now = now;
  }

  /** Temporary rules that ended while the background slept, or with the last browser, are gone before they are used. */
  async load(): Promise<void> {
    const [loaded, alive] = await Promise.all([load(this.area, KEY, SettingsSchema), this.session.get(ALIVE_KEY)]);
    this.broken = loaded.state === 'broken';
    if (loaded.state === 'absent') this.current = DEFAULT_SETTINGS;
    if (loaded.state === 'ok') {
      const { table } = loaded.value;
      const same = alive[ALIVE_KEY] === true ? table : withoutSessionRules(table);
      this.current = { ...loaded.value, table: withoutExpired(same, this.now()) };
      if (this.current.table !== table) await this.area.set({ [KEY]: this.current });
    }
    await this.session.set({ [ALIVE_KEY]: true });
  }

  /** Drops rules whose time is over; true when there were any. */
  async expire(): Promise<boolean> {
    const table = withoutExpired(this.current.table, this.now());
    if (table === this.current.table) return false;
    await this.save({ ...this.current, table });
    return true;
  }

  get canUndo(): boolean {
    return this.steps.length > 0;
  }

  /** @throws v.ValiError when the new settings are not valid; nothing changes then. */
  async change(part: Partial<Omit<Settings, 'version' | 'table'>>): Promise<void> {
    await this.save({ ...this.current, ...part });
  }

  /** What was learned, not chosen: no step to undo. */
  async learn(table: RouteTable): Promise<void> {
    await this.save({ ...this.current, table });
  }

  /** @throws v.ValiError as above. */
  async changeTable(part: Partial<RouteTable>): Promise<void> {
    const before = this.current.table;
    await this.save({ ...this.current, table: { ...before, ...part } });
    this.steps = withStep(this.steps, before);
  }

  /** One step back, but for temporary rules whose time is over by now. */
  async undo(): Promise<void> {
    const before = this.steps.at(-1);
    if (before === undefined) return;
    // Taken off at once: a second press means the step before it.
    this.steps = this.steps.slice(0, -1);
    await this.save({ ...this.current, table: withoutExpired(before, this.now()) });
  }

  private async save(next: Settings): Promise<void> {
    const valid = v.parse(SettingsSchema, next);
    if (this.broken) {
      // Keep what could not be read beside the new settings: a person may still want those rules.
      const old = (await this.area.get(KEY))[KEY];
      await this.area.set({ [`${KEY}.unreadable`]: old });
      this.broken = false;
    }
    if (next.table !== this.current.table) this.revision++;
    // The table that was there stays the same object, so that nothing is compiled twice.
    else valid.table = this.current.table;
    this.current = valid;
    await this.area.set({ [KEY]: valid });
  }
}
