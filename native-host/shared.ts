/**
 * What the exits of one host share: the device, the ledger, and what is remembered between attempts,
 * in RAM only but for the amounts signed. Signer keys are wiped with the wallet they belong to.
 */
import { fromHex } from '../shared/base/bytes.ts';
import type { Address, Wei } from '../shared/base/units.ts';
import { Device } from './device.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { SignedAmounts } from './signed-amounts.ts';
import type { World } from './world.ts';

export interface SignerKey {
  readonly address: Address;
  readonly privateKey: Uint8Array;
}

export class Shared {
  readonly device: Device;
  readonly ledger: LedgerWatch;
  readonly signed: SignedAmounts;
  readonly #addressOf: World['addressOf'];
  readonly #signers = new Map<Address, SignerKey>();
  /** What the user agreed to pay, wei a megabyte, by payee. */
  readonly #prices = new Map<Address, Wei>();
  stopPaying = false;

  constructor(world: World, signed: SignedAmounts, changed: () => void) {
    this.signed = signed;
    this.device = new Device(world, changed);
    this.ledger = new LedgerWatch(world, changed);
    this.#addressOf = world.addressOf;
  }

  /** @throws RangeError when it is no private key. */
  addSigner(payee: Address, privateKey: string, maxPricePerMB: Wei | null): void {
    if (maxPricePerMB !== null) this.#prices.set(payee, maxPricePerMB);
    const key = fromHex(privateKey);
    const signer = { address: this.#addressOf(key), privateKey: key };
    const before = this.#signers.get(payee);
    if (before?.address === signer.address) {
      // The same again: payments under way hold the first buffer.
      key.fill(0);
      return;
    }
    before?.privateKey.fill(0);
    this.#signers.set(payee, signer);
  }

  /** Null where the extension named no price: then none is held against the node. */
  priceOf(payee: Address): Wei | null {
    return this.#prices.get(payee) ?? null;
  }

  signerOf(payee: Address): SignerKey | null {
    return this.#signers.get(payee) ?? null;
  }

  /** Another wallet, or the end: no key stays. */
  wipe(): void {
    for (const { privateKey } of this.#signers.values()) privateKey.fill(0);
    this.#signers.clear();
    this.#prices.clear();
  }
}
