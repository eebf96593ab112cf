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
import { type Load, NO_ROOM, type NoRoom } from './room.ts';
import { ClientSession } from './session.ts';
import type { SessionParts } from './session-parts.ts';

/** How long clients have to hear the good-bye. */
const GOODBYE_MS = 1_000;

/** The node's word on whether one more client fits. */
export type RoomPolicy = (load: Pick<Load, 'draining' | 'active' | 'shaking'>) => NoRoom | null;

export class Sessions {
  readonly #all = new Set<ClientSession>();
  readonly #byAddress = new Map<string, ClientSession>();
  /** Of those whose handshake has come so far that it is known. */
  readonly #byChannel = new Map<Hex, ClientSession>();
  readonly #byKey = new Map<string, ClientSession>();
  readonly #room: RoomPolicy;
  readonly #refused = Object.fromEntries(NO_ROOM.map((why) => [why, 0])) as Record<NoRoom, number>;
  #served = 0;
  #draining = false;

  constructor(room: RoomPolicy) {
    this.#room = room;
  }

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

  /** Clients sent away for want of room, by what there was too little of. */
  get refused(): Readonly<Record<NoRoom, number>> {
    return this.#refused;
  }

  /** A new conversation: a session, or a refusal in the clear. */
  accept(parts: SessionParts, conversation: Conversation): void {
    const { active } = this;
    const why = this.#room({ draining: this.#draining, active, shaking: this.#all.size - active });
    const addresses = why === null ? parts.pool.take() : null;
    if (!addresses) {
      this.#refused[why ?? 'clients']++;
      parts.log.info({ reason: why ?? 'clients' }, 'client refused for want of room');
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
    return this.#byChannel.get(id) ?? null;
  }

  /** Ends an older session of the same channel; an error when somebody else's session has this WireGuard key. */
  async makeRoom(session: ClientSession): Promise<WarrenError | null> {
    const { channel, wireGuardKey } = session;
    if (!channel || !wireGuardKey) return null;
    const id = channelId(channel);
    for (let older = this.#byChannel.get(id); older && older !== session; older = this.#byChannel.get(id))
      await older.end('replaced by a new session');
    if (session.phase === 'over') return null;
    const holder = this.#byKey.get(wireGuardKey);
    if (holder && holder !== session)
      return new WarrenError('handshake_wrong_peer', 'This WireGuard key is in use.', 'Connect again with a new key.');
    this.#byChannel.set(id, session);
    this.#byKey.set(wireGuardKey, session);
    return null;
  }

  remove(session: ClientSession, wasAdmitted: boolean): void {
    if (!this.#all.delete(session)) return;
    this.#byAddress.delete(session.addresses.address4);
    this.#byAddress.delete(session.addresses.address6);
    forget(this.#byChannel, session.channel && channelId(session.channel), session);
    forget(this.#byKey, session.wireGuardKey, session);
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

/** Only where it is still this session's: a newer one may have taken the place. */
function forget<K>(index: Map<K, ClientSession>, key: K | null, session: ClientSession): void {
  if (key !== null && index.get(key) === session) index.delete(key);
}
