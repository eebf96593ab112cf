/** One handshake with one node over the rendezvous: carries the initiator machine, decides nothing. */
import { WarrenError } from '../shared/base/errors.ts';
import type { Address } from '../shared/base/units.ts';
import type { DidDocument } from '../shared/effects.ts';
import { drive } from '../shared/machine/drive.ts';
import type { InitiatorInput, Session } from '../shared/machine/handshake/api.ts';
import { Initiator } from '../shared/machine/handshake/initiator.ts';
import { openRoam, sealRoam } from '../shared/machine/handshake/roam.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import { ROAM_FRAME } from '../shared/wire/handshake.ts';
import type { FoundProposal } from '../shared/wire/proposal.ts';
import type { World } from './world.ts';

export interface ShakeConfig {
  readonly node: FoundProposal;
  readonly payer: Address;
  readonly signer: Address;
  /** Stays with its owner; read at each signature. */
  readonly signerKey: Uint8Array;
  /** Our own, base64. */
  readonly wireGuardKey: string;
}

export interface ShakeEvents {
  established(session: Session): void;
  accepted(): void;
  /** The node does not hear us, and says where it is now. */
  roamed(candidates: readonly Candidate[]): void;
  failed(error: WarrenError): void;
}

export interface Shake {
  document(document: DidDocument): void;
  candidates(candidates: readonly Candidate[]): void;
  /** WireGuard's own handshake came through. */
  confirmed(): void;
  /** The path is lost: where we are now, for the node to look there. */
  roam(session: Session, candidates: readonly Candidate[]): void;
  close(): void;
}

/** Sends m1 at once. */
export function shake(world: World, config: ShakeConfig, events: ShakeEvents): Shake {
  const { proposal, key } = config.node;
  const conversation = world.rendezvous.signal.open(key.replace(/^0x/, ''));
  const { pricePerMB, chainId, channels, token, payee, minGraceMinutes } = proposal;
  const initiator = new Initiator({
    crypto: world.crypto,
    sign: (digest) => world.sign(digest, config.signerKey),
    recover: world.recover,
    payer: config.payer,
    signer: config.signer,
    wireGuardKey: config.wireGuardKey,
    provider: proposal.did,
    offered: { pricePerMB, chainId, channels, token, payee, minGraceMinutes },
  });
  let established: Session | null = null;
  let roams = 0;
  let theirRoams = 0;
  const driven = drive<InitiatorInput, ReturnType<Initiator['handle']>[number]>(initiator, world.clock, (output) => {
    switch (output.type) {
      case 'send':
        return conversation.send(output.bytes);
      case 'established':
        established = output.session;
        return events.established(output.session);
      case 'accepted':
        return events.accepted();
      case 'failed':
        return events.failed(output.error);
    }
  });
  const roamed = (session: Session, bytes: Uint8Array) => {
    const roam = openRoam(world.crypto, session, 'responder', bytes, theirRoams);
    if (!roam) return;
    theirRoams = roam.number;
    events.roamed(roam.candidates);
  };
  conversation.onMessage((bytes) => {
    if (established && bytes[0] === ROAM_FRAME) roamed(established, bytes);
    else driven.feed({ type: 'message', bytes });
  });
  // Once the tunnel is asked for, its own signs of life count: a relay that was restarted knows nobody yet.
  conversation.onUnreachable(() => {
    if (!established) events.failed(offline());
  });
  driven.feed({ type: 'start' });
  return {
    document: (document) => driven.feed({ type: 'document', document }),
    candidates: (candidates) => driven.feed({ type: 'candidates', candidates }),
    confirmed: () => driven.feed({ type: 'confirmed' }),
    roam(session, candidates) {
      if (candidates.length > 0) conversation.tell(sealRoam(world.crypto, session, 'initiator', ++roams, candidates));
    },
    close() {
      driven.stop();
      conversation.close();
    },
  };
}

function offline(): WarrenError {
  const message = 'The node is listed, but it is not connected to any relay right now.';
  return new WarrenError('node_offline', message, 'Warren tries the next one; choose another node if it stays so.');
}
