/**
 * Paying one node over the in-tunnel control channel: joins the payer machine to the connection and
 * the signer's key. How much and when is the machine's decision; nothing is signed beside it.
 */
import { fromHex, toHex } from '../shared/base/bytes.ts';
import {
  asWarrenError,
  ERROR_CODES,
  type ErrorCode,
  WarrenError,
  type WarrenErrorData,
} from '../shared/base/errors.ts';
import type { ByteCount, Wei } from '../shared/base/units.ts';
import type { ChannelOnChain } from '../shared/effects.ts';
import type { PayerInput, PayerOutput } from '../shared/machine/channel/api.ts';
import { Payer } from '../shared/machine/channel/payer.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import type { ControlDown } from '../shared/wire/control.ts';
import type { WireError } from '../shared/wire/native.ts';
import { type ProofDomain, proofDigest } from '../shared/wire/proof.ts';
import type { ControlConnection } from './control-connection.ts';
import type { World } from './world.ts';

export interface PaymentsConfig {
  readonly session: Session;
  readonly channel: ChannelOnChain;
  readonly signerKey: Uint8Array;
  /** Highest amount that this host has signed in this channel; 0n when unknown. */
  readonly highestSigned: Wei;
}

export interface PaymentsEvents {
  /** The provider knows our session; `observedAddress` is where it sees us. */
  ready(observedAddress: string): void;
  gate(open: boolean, error: WarrenErrorData | null): void;
  /** Remember it before it is sent; what this throws keeps it from being sent, and ends the session. */
  signed(cumulative: Wei): void;
  exhausted(remaining: Wei): void;
  disputed(error: WarrenErrorData): void;
  /** The provider ends it, or the connection broke. */
  lost(error: WarrenErrorData): void;
  closed(claimed: Wei, refunded: Wei): void;
  /** What the provider says of its own addresses: no affair of payments. */
  path(message: Extract<ControlDown, { type: 'candidates' | 'path' }>): void;
}

export interface Payments {
  counters(rxBytes: ByteCount, txBytes: ByteCount): void;
  topUp(deposit: Wei): void;
  stop(stopped: boolean): void;
  /** Signed in this session, and over the channel's life, wei. */
  readonly spent: { readonly session: Wei; readonly total: Wei };
  requestClose(): void;
  close(): void;
}

/** Paying starts with the provider's `ready`, and starts anew with each further one. */
export function startPayments(
  world: World,
  control: ControlConnection,
  config: PaymentsConfig,
  events: PaymentsEvents,
): Payments {
  const { session, channel } = config;
  const { payer, payee, signer } = session.channel;
  const domain: ProofDomain = { chainId: session.terms.chainId, channels: session.terms.channels };
  let base = channel.claimed;
  if (config.highestSigned > base) base = config.highestSigned;
  let total = base;
  /** An amount could not be remembered: nothing is sent any more. */
  let forgetful = false;

  const machine = new Payer({
    signer,
    pricePerMB: session.terms.pricePerMB,
    deposit: channel.deposit,
    claimed: channel.claimed,
    highestSigned: config.highestSigned,
  });
  const driven: Driven<PayerInput> = drive<PayerInput, PayerOutput>(machine, world.clock, (output) => {
    switch (output.type) {
      case 'sign': {
        const digest = proofDigest(domain, { payer, payee, cumulative: output.cumulative });
        const signature = world.sign(digest, config.signerKey);
        driven.feed({ type: 'signed', cumulative: output.cumulative, signature });
        return;
      }
      case 'persist':
        try {
          events.signed(output.cumulative);
          total = output.cumulative;
        } catch (error) {
          forgetful = true;
          events.lost(asWarrenError(error).data());
        }
        return;
      case 'send': {
        if (forgetful) return;
        const { cumulative, signature } = output.proof;
        control.send({
          type: 'proof',
          cumulative: cumulative.toString(),
          signature: toHex(signature),
          rxBytes: output.rxBytes,
        });
        return;
      }
      case 'exhausted':
        events.exhausted(output.remaining);
        return;
      case 'disputed':
        events.disputed(output.error.data());
    }
  });

  const onReady = (message: Extract<ControlDown, { type: 'ready' }>) => {
    let highest: Extract<PayerInput, { type: 'recovered' }>['highest'] = null;
    if (message.highest) {
      const { cumulative } = message.highest;
      const digest = proofDigest(domain, { payer, payee, cumulative });
      const by = world.recover(digest, fromHex(message.highest.signature));
      highest = { cumulative, signer: by };
      if (by === signer && cumulative > base) base = cumulative;
      if (base > total) total = base;
    }
    driven.feed({ type: 'recovered', highest });
    events.ready(message.observedAddress);
  };
  control.onLost((error) => events.lost(error.data()));
  control.onMessage((message) => {
    switch (message.type) {
      case 'ready':
        return onReady(message);
      case 'receipt':
        return driven.feed(message);
      case 'gate':
        driven.feed({ type: 'gate', open: message.open });
        return events.gate(message.open, message.error && known(message.error).data());
      case 'refused':
        return driven.feed({ type: 'refused', error: known(message.error) });
      case 'goodbye':
        return events.lost(known(message.error).data());
      case 'candidates':
      case 'path':
        return events.path(message);
      case 'closed':
        return events.closed(message.claimed, message.refunded);
    }
  });

  return {
    counters: (rxBytes, txBytes) => driven.feed({ type: 'counters', rxBytes, txBytes }),
    topUp: (deposit) => driven.feed({ type: 'deposit', deposit }),
    stop: (stopped) => driven.feed({ type: 'stop', stopped }),
    get spent() {
      return { session: total - base, total };
    },
    requestClose: () => control.send({ type: 'close' }),
    close() {
      driven.stop();
      control.close();
    },
  };
}

/** A stranger's error: its code only where we know it, its words cut to size. */
function known(error: WireError): WarrenError {
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, error.code) ? (error.code as ErrorCode) : 'internal';
  return new WarrenError(code, error.message.slice(0, 300), error.action.slice(0, 300));
}
