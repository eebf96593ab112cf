/** Carries somebody else's signed transaction to the chain. It must not change, sign or remember it. */
import { keccak256 } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import type { Chain } from './chain.ts';
import { writeFailure } from './failure.ts';

/**
 * Resolves with the transaction's hash once a node has it, also when it had it before (a retry is harmless).
 * @throws WarrenError transaction_failed or funds_insufficient when the node refuses it, ledger_unreachable.
 */
export async function broadcast(chain: Chain, raw: Hex): Promise<Hex> {
  await chain.ask(async () => undefined);
  try {
    return await chain.client.sendRawTransaction({ serializedTransaction: raw });
  } catch (thrown) {
    const failure = writeFailure(thrown);
    if (/already known|already imported|known transaction/i.test(failure.message)) return keccak256(raw);
    throw failure;
  }
}
