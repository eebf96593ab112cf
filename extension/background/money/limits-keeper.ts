/** The user's limits for what is paid without a question, in storage. Unreadable limits are the careful ones. */
import * as v from 'valibot';
import { type AutoTopUp, AutoTopUpSchema } from '../../wallet/auto-top-up.ts';
import { load, plain, type StorageArea } from '../store.ts';

const KEY = 'limits';

/** Off. The numbers are what the form begins with: whole tokens of 18 decimals are the usual case. */
export const DEFAULT_LIMITS: AutoTopUp = {
  on: false,
  perDay: 10n ** 18n,
  perMonth: 5n * 10n ** 18n,
  perChannel: 2n * 10n ** 18n,
  maxFee: 10n ** 15n,
  priceCap: null,
};

export class LimitsKeeper {
  current: AutoTopUp = DEFAULT_LIMITS;
  private readonly local: StorageArea;

  constructor(local: StorageArea) {
    this.local = local;
  }

  async load(): Promise<void> {
    const loaded = await load(this.local, KEY, AutoTopUpSchema);
    if (loaded.state === 'ok') this.current = loaded.value;
  }

  async erase(): Promise<void> {
    this.current = DEFAULT_LIMITS;
    await this.local.remove(KEY);
  }

  /** @throws ValiError for what is no set of limits. */
  async set(limits: unknown): Promise<void> {
    this.current = v.parse(AutoTopUpSchema, limits);
    await this.local.set({ [KEY]: plain(this.current) });
  }
}
