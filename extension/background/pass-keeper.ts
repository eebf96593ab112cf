/** The passes that hold now ("direct once"). In memory of the browser only: none outlives it, its tab or its time. */
import * as v from 'valibot';
import { livePasses, MAX_PASSES, PASS_MS, type Pass, passHost, withPass } from '../routing/passes.ts';
import type { Timers } from './native-link.ts';
import { load, type StorageArea } from './store.ts';

const KEY = 'passes';
const PassesSchema = v.pipe(
  v.array(
    v.object({
      host: v.pipe(v.string(), v.minLength(1), v.maxLength(253)),
      tab: v.pipe(v.number(), v.integer()),
      until: v.pipe(v.number(), v.integer()),
    }),
  ),
  v.maxLength(MAX_PASSES),
);

export class PassKeeper {
  /** The same array while nothing changes. */
  current: readonly Pass[] = [];
  private stopWatching: () => void = () => {};
  private readonly session: StorageArea;
  private readonly timers: Timers;
  private readonly onOver: () => void;

  /** @param onOver the time of a pass is over. */
  constructor(session: StorageArea, timers: Timers, onOver: () => void) {
    this.session = session;
    this.timers = timers;
    this.onOver = onOver;
  }

  async load(): Promise<void> {
    const loaded = await load(this.session, KEY, PassesSchema);
    if (loaded.state === 'ok') this.current = livePasses(loaded.value, this.timers.now());
    this.watch();
  }

  /** @param tab in which the user asked for it. */
  async grant(host: string, tab: number): Promise<void> {
    const pass: Pass = { host: passHost(host), tab, until: this.timers.now() + PASS_MS };
    await this.keep(withPass(this.current, pass));
  }

  /** True when there was one to end. */
  end(over: (pass: Pass) => boolean): Promise<boolean> {
    return this.shrink(this.current.filter((pass) => !over(pass)));
  }

  expire(): Promise<boolean> {
    return this.shrink(livePasses(this.current, this.timers.now()));
  }

  private async shrink(left: readonly Pass[]): Promise<boolean> {
    if (left.length === this.current.length) return false;
    await this.keep(left);
    return true;
  }

  private async keep(passes: readonly Pass[]): Promise<void> {
    this.current = passes;
    this.watch();
    await this.session.set({ [KEY]: passes });
  }

  private watch(): void {
    this.stopWatching();
    const next = Math.min(...this.current.map(({ until }) => until));
    if (next === Number.POSITIVE_INFINITY) return;
    this.stopWatching = this.timers.after(Math.max(0, next - this.timers.now()), () => this.onOver());
  }
}
