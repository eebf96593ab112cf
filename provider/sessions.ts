/**
 * All clients of this node: takes new conversations as far as there is room, and finds a session by its
 * tunnel address, its WireGuard key or its channel. One channel serves one session: a client that comes
 * back takes the place of its own leftover.
 */
import type { Hex } from '../shared/base/bytes.ts';
import { WarrenError } from '../shared/base/errors.ts';
import type { Clock, Conversation } from '../shared/effects.ts';
import { encodeRefusal } from '../shared/wire/handshake.ts';
import { channelId } from '../shared/wire/proof.ts';
import { ClientSession } from './session.ts';
import type { SessionParts } from './session-parts.ts';

/** Handshakes under way: each holds an address pair and some kilobytes for at most 20 s. */
const MAX_SHAKING = 256;
/** How long clients have to hear the good-bye. */
const GOODBYE_MS = 1_000;

export class Sessions {
  readonly #all = new Set<ClientSession>();
  readonly #byAddress = new Map<string, ClientSession>();
  #served = 0;
  #draining = false;

  get all(): readonly ClientSession[] {
    return [...this.#all];
  }

  get active(): number {
    return this.all.filter((session) => session.admitted).length;
  }

  /** Clients admitted since the start. */
  get served(): number {
    return this.#served + this.active;
  }

  /** A new conversation: a session, or a refusal in the clear. */
  accept(parts: SessionParts, conversation: Conversation): void {
    const addresses = this.#draining || this.#all.size - this.active >= MAX_SHAKING ? null : parts.pool.take();
    if (!addresses) {
      conversation.send(encodeRefusal(this.#draining ? 'node_offline' : 'provider_full'));
      conversation.close();
      return;
    }
    const session = new ClientSession(parts, conversation, addresses);
    if (session.phase === 'over') return;
    this.#all.add(session);
    this.#byAddress.set(addresses.address4, session);
    this.#byAddress.set(addresses.address6, session);
  }

  /** The admitted session of a tunnel address; null for everybody else. */
  find(tunnelAddress: string): ClientSession | null {
    const session = this.#byAddress.get(tunnelAddress);
    return session?.admitted ? session : null;
  }

  byChannel(id: Hex): ClientSession | null {
    return this.all.find(({ channel }) => channel && channelId(channel) === id) ?? null;
  }

  /** Ends an older session of the same channel; an error when somebody else's session has this WireGuard key. */
  async makeRoom(session: ClientSession): Promise<WarrenError | null> {
    const { channel, wireGuardKey } = session;
    if (!channel) return null;
    const id = channelId(channel);
    const others = this.all.filter((other) => other !== session);
    for (const other of others)
      if (other.channel && channelId(other.channel) === id) await other.end('replaced by a new session');
    if (this.all.some((other) => other !== session && other.wireGuardKey === wireGuardKey))
      return new WarrenError('handshake_wrong_peer', 'This WireGuard key is in use.', 'Connect again with a new key.');
    return null;
  }

  remove(session: ClientSession, wasAdmitted: boolean): void {
    if (!this.#all.delete(session)) return;
    this.#byAddress.delete(session.addresses.address4);
    this.#byAddress.delete(session.addresses.address6);
    if (wasAdmitted) this.#served++;
  }

  /** No new clients; those that are here are told to go elsewhere, then taken down. */
  async drain(clock: Clock): Promise<void> {
    this.#draining = true;
    const error = new WarrenError('node_offline', 'This node is stopping.', 'Choose another node.');
    const told = this.all.filter((session) => session.goodbye(error));
    // The words travel inside the tunnel, so it must outlive them.
    for (const end = clock.now() + GOODBYE_MS; told.some(({ silent }) => !silent) && clock.now() < end; )
      await new Promise<void>((resolve) => clock.after(20, resolve));
    await Promise.all(this.all.map((session) => session.end('node stops')));
  }
}
