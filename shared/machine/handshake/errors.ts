/**
 * What each refusal means in words. A peer sends only a code: its own text is never shown to a person.
 */
import { type ErrorCode, WarrenError } from '../../base/errors.ts';

const OTHER_NODE = 'Choose another node.';
const AGAIN = 'Try again in a moment, or choose another node.';

const TEXTS: Partial<Record<ErrorCode, readonly [message: string, action: string]>> = {
  frame_malformed: ['The peer could not read our message, or we could not read its.', OTHER_NODE],
  version_unsupported: ['The node speaks another version of the handshake.', 'Update Warren, or choose another node.'],
  rate_limited: ['The node gets too many requests at the moment.', AGAIN],
  stun_unreachable: ['Our own network addresses could not be found out in time.', 'Check the network connection.'],
  node_offline: ['The node did not answer in time.', OTHER_NODE],
  did_unresolvable: ["The node's identity could not be read from the chain in time.", AGAIN],
  did_deactivated: ["The node's identity was deactivated by its owner.", OTHER_NODE],
  delegate_expired: [
    "The node's handshake key has expired on chain.",
    'Choose another node; its owner must renew the key.',
  ],
  delegate_unknown: ["The key that answered does not belong to the node's identity.", OTHER_NODE],
  signature_invalid: ['The signature of the peer is invalid.', OTHER_NODE],
  handshake_replayed: ['The node has seen this very message before.', 'Connect again.'],
  handshake_stale: [
    "The message's time is more than two minutes off.",
    'Set the clock of this computer, then connect again.',
  ],
  handshake_downgraded: ['The peer does not offer the post-quantum key exchange that Warren requires.', OTHER_NODE],
  handshake_wrong_peer: ['Somebody else than the chosen node answered, or was asked.', OTHER_NODE],
  handshake_terms_changed: [
    'The node offers other terms than its proposal named.',
    'Reload the node list and look at the price again.',
  ],
  handshake_tampered: ['A handshake message was changed on its way.', AGAIN],
  provider_full: ['The node serves as many clients as it can.', OTHER_NODE],
  ledger_unreachable: ['The node could not reach the chain to check the channel.', AGAIN],
  channel_missing: [
    'The node finds no payment channel for us on chain.',
    'Open the channel, or wait until its transaction is confirmed.',
  ],
  channel_unfunded: ['The payment channel holds no unspent deposit.', 'Top up the channel.'],
  channel_closing: ['The payment channel is being closed.', 'Top it up, which cancels the closing, or open it again.'],
  channel_grace_short: [
    "The channel's notice period is shorter than the node accepts.",
    'Choose another node, or open the channel anew.',
  ],
};

/** The typed error of a handshake that came to nothing. */
export function handshakeError(code: ErrorCode): WarrenError {
  const [message, action] = TEXTS[code] ?? ['The node refused the connection.', OTHER_NODE];
  return new WarrenError(code, message, action);
}
