/**
 * The wallet at rest (encrypted, storage.local) and unlocked (storage.session: memory of the browser,
 * this extension's own contexts only). Windows see words only while their form shows them.
 */
import * as v from 'valibot';
import { WarrenError } from '../../shared/base/errors.ts';
import type { Address } from '../../shared/base/units.ts';
import { AddressSchema } from '../../shared/wire/schema.ts';
import { accountKey, channelSigner, type Key, MAX_ACCOUNTS } from '../wallet/keys.ts';
import { newPhrase, parsePhrase, quizPassed, quizPositions, seedOf } from '../wallet/seed.ts';
import {
  isOutdated,
  MIN_PASSWORD_LENGTH,
  openVault,
  type Secret,
  SecretSchema,
  sealVault,
  VaultSchema,
} from '../wallet/vault.ts';
import { load, type StorageArea } from './store.ts';

const KEY = 'wallet';
const UNLOCKED_KEY = 'unlocked';

const StoredSchema = v.object({
  vault: VaultSchema,
  /** The first account's. */
  address: AddressSchema,
  backedUp: v.boolean(),
  /** Those after the first. */
  more: v.optional(v.pipe(v.array(AddressSchema), v.maxLength(MAX_ACCOUNTS - 1)), []),
  /** The one in use. */
  active: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_ACCOUNTS - 1)), 0),
});
const UnlockedSchema = v.object({ ...SecretSchema.entries, lockAt: v.nullable(v.number()) });

export interface Revealed {
  readonly phrase: string;
  /** Positions that the backup quiz asks for. */
  readonly quiz: number[];
}

/** One account, as those who pay from it see it. */
export interface Purse {
  readonly address: Address | null;
  readonly unlocked: boolean;
  /** @throws WarrenError wallet_locked */
  account(): Key;
  /** @throws WarrenError wallet_locked */
  signerFor(payee: Address): Key;
}

export class WalletKeeper {
  private stored: v.InferOutput<typeof StoredSchema> | null = null;
  private open: { secret: Secret; seed: Uint8Array; lockAt: number | null } | null = null;
  private readonly local: StorageArea;
  private readonly session: StorageArea;
  private readonly now: () => number;
  private readonly autoLockMinutes: () => number;

  constructor(local: StorageArea, session: StorageArea, now: () => number, autoLockMinutes: () => number) {
    this.local = local;
    this.session = session;
    this.now = now;
    this.autoLockMinutes = autoLockMinutes;
  }

  async load(): Promise<void> {
    const stored = await load(this.local, KEY, StoredSchema);
    this.stored = stored.state === 'ok' ? stored.value : null;
    const unlocked = await load(this.session, UNLOCKED_KEY, UnlockedSchema);
    if (unlocked.state !== 'ok' || !this.stored) return;
    const { lockAt, ...secret } = unlocked.value;
    if (lockAt !== null && lockAt <= this.now()) await this.lock();
    else this.open = { secret, seed: await seedOf(secret.phrase), lockAt };
  }

  get exists(): boolean {
    return this.stored !== null;
  }
  get unlocked(): boolean {
    return this.open !== null;
  }
  /** Of the account in use. */
  get address(): Address | null {
    return this.accounts[this.active] ?? null;
  }
  /** Addresses of all accounts, in the order of their derivation. */
  get accounts(): readonly Address[] {
    return this.stored ? [this.stored.address, ...this.stored.more] : [];
  }
  get active(): number {
    const active = this.stored?.active ?? 0;
    return active <= (this.stored?.more.length ?? 0) ? active : 0;
  }
  get backedUp(): boolean {
    return this.stored?.backedUp ?? false;
  }
  /** Epoch ms at which the wallet locks itself; null when it is locked or never does. */
  get lockAt(): number | null {
    return this.open?.lockAt ?? null;
  }

  async create(password: string): Promise<Revealed> {
    this.refuseSecond();
    const phrase = newPhrase();
    await this.keep({ phrase, device: 0 }, password, false);
    return { phrase, quiz: quiz(phrase) };
  }

  /** @param otherDevice the same seed is in use elsewhere: this device takes channel signers of its own. */
  async restore(typed: string, password: string, otherDevice: boolean): Promise<void> {
    this.refuseSecond();
    const device = otherDevice ? (crypto.getRandomValues(new Uint32Array(1))[0] as number) >>> 1 : 0;
    await this.keep({ phrase: parsePhrase(typed), device }, password, true);
  }

  /** The words again, against the password. */
  async reveal(password: string): Promise<Revealed> {
    const { phrase } = await openVault(this.stored?.vault, password);
    return { phrase, quiz: quiz(phrase) };
  }

  async confirmBackup(answers: readonly { index: number; word: string }[]): Promise<boolean> {
    const { secret } = this.demandOpen();
    const passed = quizPassed(secret.phrase, answers);
    if (passed) await this.write({ backedUp: true });
    return passed;
  }

  async unlock(password: string): Promise<void> {
    if (!this.stored) throw new WarrenError('wallet_missing', 'There is no wallet yet.', 'Create or import one.');
    const secret = await openVault(this.stored.vault, password);
    if (isOutdated(this.stored.vault)) await this.write({ vault: await sealVault(secret, password) });
    await this.hold(secret);
  }

  /** @throws WarrenError password_wrong for a wrong old one, or a new one that is too short. */
  async changePassword(old: string, password: string): Promise<void> {
    refuseShort(password);
    const secret = await openVault(this.stored?.vault, old);
    await this.write({ vault: await sealVault(secret, password) });
    await this.hold(secret);
  }

  /** The next account of the same seed; it is in use from now on. @throws WarrenError wallet_locked */
  async addAccount(): Promise<void> {
    const { seed } = this.demandOpen();
    const { length } = this.accounts;
    if (length >= MAX_ACCOUNTS || !this.stored)
      throw new WarrenError('internal', `A wallet has at most ${MAX_ACCOUNTS} accounts.`, 'Use one that you have.');
    const { address } = accountKey(seed, length);
    await this.write({ more: [...this.stored.more, address], active: length });
  }

  async useAccount(index: number): Promise<void> {
    if (this.accounts[index] === undefined)
      throw new WarrenError('internal', 'There is no such account.', 'Add it first.');
    await this.write({ active: index });
  }

  /** Nothing of it stays on this computer. */
  async erase(): Promise<void> {
    await this.lock();
    this.stored = null;
    await this.local.remove(KEY);
  }

  async lock(): Promise<void> {
    this.open?.seed.fill(0);
    this.open = null;
    await this.session.remove(UNLOCKED_KEY);
  }

  /** Somebody used the wallet: the time to auto-lock starts again. Locks instead when it is over. */
  async touch(): Promise<void> {
    await this.lockIfDue();
    if (this.open) await this.hold(this.open.secret);
  }

  async lockIfDue(): Promise<void> {
    const lockAt = this.open?.lockAt ?? null;
    if (lockAt !== null && lockAt <= this.now()) await this.lock();
  }

  /** @throws WarrenError wallet_locked */
  signerFor(payee: Address): Key {
    return this.purse(this.active).signerFor(payee);
  }

  purse(index: number): Purse {
    const keeper = this;
    return {
      get address() {
        return keeper.accounts[index] ?? null;
      },
      get unlocked() {
        return keeper.unlocked;
      },
      account: () => accountKey(this.demandOpen().seed, index),
      signerFor: (payee) => {
        const { seed, secret } = this.demandOpen();
        return channelSigner(seed, secret.device, payee, index);
      },
    };
  }

  private demandOpen(): NonNullable<typeof this.open> {
    if (!this.open) throw new WarrenError('wallet_locked', 'The wallet is locked.', 'Unlock it with your password.');
    return this.open;
  }

  private refuseSecond(): void {
    if (this.stored) throw new WarrenError('internal', 'There is a wallet already.', 'Remove it first.');
  }

  private async keep(secret: Secret, password: string, backedUp: boolean): Promise<void> {
    refuseShort(password);
    const vault = await sealVault(secret, password);
    const { address } = accountKey(await seedOf(secret.phrase));
    this.stored = { vault, address, backedUp, more: [], active: 0 };
    await this.local.set({ [KEY]: this.stored });
    await this.hold(secret);
  }

  private async write(part: Partial<NonNullable<typeof this.stored>>): Promise<void> {
    if (!this.stored) return;
    this.stored = { ...this.stored, ...part };
    await this.local.set({ [KEY]: this.stored });
  }

  private async hold(secret: Secret): Promise<void> {
    const minutes = this.autoLockMinutes();
    const lockAt = minutes === 0 ? null : this.now() + minutes * 60_000;
    this.open = { secret, seed: this.open?.seed ?? (await seedOf(secret.phrase)), lockAt };
    await this.session.set({ [UNLOCKED_KEY]: { ...secret, lockAt } });
  }
}

function refuseShort(password: string): void {
  if (password.length >= MIN_PASSWORD_LENGTH) return;
  const message = `The password needs at least ${MIN_PASSWORD_LENGTH} characters.`;
  throw new WarrenError('password_wrong', message, 'Choose a longer one.');
}

function quiz(phrase: string): number[] {
  return quizPositions(
    phrase.split(' ').length,
    () => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32,
  );
}
