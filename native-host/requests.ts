/** The extension's questions with one answer each: nodes, wallet reads, diagnostics, the test switch. */

import type { Hex } from '../shared/base/bytes.ts';
import { WarrenError } from '../shared/base/errors.ts';
import type { LedgerEvent, Method, RequestBody, ResultInput } from '../shared/wire/native.ts';
import type { Answering } from './answering.ts';
import { diagnose } from './diagnostics.ts';
import { watchReceipt } from './receipt-watch.ts';

/** JSON has no big integers. */
function asText(event: LedgerEvent): ResultInput<'wallet.history'>['events'][number] {
  switch (event.event) {
    case 'deposited':
    case 'claimed':
      return { ...event, total: event.total.toString() };
    case 'refunded':
    case 'transfer':
      return { ...event, amount: event.amount.toString() };
    default:
      return event;
  }
}

/** @throws WarrenError with the reason, which becomes the response's error. */
export async function answer(host: Answering, body: RequestBody): Promise<ResultInput<Method>> {
  const { ledger } = host.shared;
  switch (body.method) {
    case 'nodes':
      return host.discovery.page(body.params);
    case 'node.identity':
      return { bornAt: await ledger.ask((chain) => chain.bornAt(body.params.did)) };
    case 'wallet.account': {
      const account = await ledger.ask((chain) => chain.account(body.params.address));
      return {
        coin: account.coin.toString(),
        token: account.token.toString(),
        nonce: account.nonce,
        maxFeePerGas: account.maxFeePerGas.toString(),
        maxPriorityFeePerGas: account.maxPriorityFeePerGas.toString(),
        permitNonce: account.permitNonce.toString(),
        ...(account.permit === false ? { permit: false, allowance: String(account.allowance ?? 0n) } : {}),
        ...(account.minedNonce === undefined ? {} : { minedNonce: account.minedNonce }),
        blockTime: account.blockTime,
      };
    }
    case 'wallet.channel': {
      const channel = await ledger.ask((chain) => chain.channel(body.params));
      const { exists, deposit, claimed, closeAt, graceMinutes, epoch } = channel;
      return { exists, deposit: deposit.toString(), claimed: claimed.toString(), closeAt, graceMinutes, epoch };
    }
    case 'wallet.broadcast': {
      const hash = await ledger.ask((chain) => chain.broadcast(body.params.raw as Hex));
      watchReceipt(host.world, ledger, hash, () => host.exits.walletMoved());
      return { hash };
    }
    case 'wallet.receipt': {
      const receipt = await ledger.ask((chain) => chain.receipt(body.params.hash as Hex));
      if (receipt.status === 'confirmed') host.exits.walletMoved();
      const { fee, ...rest } = receipt;
      return {
        ...rest,
        gasUsed: receipt.gasUsed?.toString() ?? null,
        ...(fee === undefined ? {} : { fee: fee.toString() }),
      };
    }
    case 'wallet.history': {
      const { address, from, channels } = body.params;
      const page = await ledger.ask((chain) => chain.history(address, from, channels as Hex[]));
      return { ...page, events: page.events.map(asText) };
    }
    case 'diagnostics':
      return { lines: await diagnose(host) };
    case 'test.stopPaying':
      if (!host.testSwitches)
        throw new WarrenError(
          'message_unknown',
          'This host was not started for tests.',
          'Start it with --test-switches.',
        );
      host.exits.stopPaying(body.params.stop);
      return {};
  }
}
