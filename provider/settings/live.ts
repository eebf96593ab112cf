/**
 * The settings of a running node. What is hot changes under those who hold this; the rest keeps the value
 * that the node began with until its next start.
 */
import type { Unsubscribe } from '../../shared/effects.ts';
import { type Config, SETTING_NAMES, type SettingName, settingOf } from './table.ts';

export interface Taken {
  readonly changed: readonly SettingName[];
  /** Different now, but only at the next start. */
  readonly waiting: readonly SettingName[];
}

export class LiveConfig {
  readonly #watchers = new Set<(changed: readonly SettingName[]) => void>();
  #now: Config;

  constructor(config: Config) {
    this.#now = config;
  }

  get now(): Config {
    return this.#now;
  }

  take(next: Config): Taken {
    const different = SETTING_NAMES.filter((name) => JSON.stringify(next[name]) !== JSON.stringify(this.#now[name]));
    const changed = different.filter((name) => settingOf(name).hot);
    const waiting = different.filter((name) => !settingOf(name).hot);
    this.#now = { ...this.#now, ...Object.fromEntries(changed.map((name) => [name, next[name]])) };
    if (changed.length > 0) for (const watcher of this.#watchers) watcher(changed);
    return { changed, waiting };
  }

  onChange(handler: (changed: readonly SettingName[]) => void): Unsubscribe {
    this.#watchers.add(handler);
    return () => this.#watchers.delete(handler);
  }
}
