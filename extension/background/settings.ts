/** The user's rules and switches in storage.local. If they cannot be read, everything is blocked, not opened. */
import * as v from 'valibot';
import { EMPTY_TABLE, type RouteTable, RouteTableSchema } from '../routing/rules.ts';
import { load, type StorageArea } from './store.ts';

const KEY = 'settings';

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
  private before: RouteTable | null = null;
  private readonly area: StorageArea;

  constructor(area: StorageArea) {
    this.area = area;
  }

  async load(): Promise<void> {
    const loaded = await load(this.area, KEY, SettingsSchema);
    this.broken = loaded.state === 'broken';
    if (loaded.state === 'ok') this.current = loaded.value;
    else if (loaded.state === 'absent') this.current = DEFAULT_SETTINGS;
  }

  get canUndo(): boolean {
    return this.before !== null;
  }

  /** @throws v.ValiError when the new settings are not valid; nothing changes then. */
  async change(part: Partial<Omit<Settings, 'version' | 'table'>>): Promise<void> {
    await this.save({ ...this.current, ...part });
  }

  /** @throws v.ValiError as above. */
  async changeTable(part: Partial<RouteTable>): Promise<void> {
    const before = this.current.table;
    await this.save({ ...this.current, table: { ...before, ...part } });
    this.before = before;
  }

  async undo(): Promise<void> {
    const before = this.before;
    if (before === null) return;
    await this.save({ ...this.current, table: before });
    this.before = null;
  }

  private async save(next: Settings): Promise<void> {
    const valid = v.parse(SettingsSchema, next);
    if (this.broken) {
      // Keep what could not be read beside the new settings: a person may still want those rules.
      const old = (await this.area.get(KEY))[KEY];
      await this.area.set({ [`${KEY}.unreadable`]: old });
      this.broken = false;
    }
    this.current = valid;
    await this.area.set({ [KEY]: valid });
  }
}
