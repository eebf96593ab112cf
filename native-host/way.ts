/**
 * The way to one node: the path outside and the WireGuard link inside, joined. It carries out what the
 * path's machines decide (which ports are WireGuard's, where its packets go) and what the provider says
 * of its own addresses; which node, and when, is the attempt's affair.
 */
import type { WarrenErrorData } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { TransportAddress } from '../shared/effects.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import type { CandidatePair, Nat } from '../shared/machine/traversal/api.ts';
import { publicAddresses } from '../shared/machine/traversal/candidates.ts';
import type { Candidate, CandidateType } from '../shared/wire/candidate.ts';
import type { ControlDown } from '../shared/wire/control.ts';
import type { PeerCounters } from '../shared/wire/netd.ts';
import type { ControlConnection } from './control-connection.ts';
import type { Device } from './device.ts';
import { createLink, type Link } from './link.ts';
import { openPath, type PathHandle } from './path.ts';
import type { World } from './world.ts';

export interface WayPath {
  readonly kind: 'direct' | 'lan' | 'relay';
  readonly remote: CandidateType;
  readonly address: string;
}

export interface WayEvents {
  gathered(candidates: readonly Candidate[]): void;
  /** A pair of addresses works; the tunnel may be joined. */
  found(remote: { readonly address: string; readonly port: number }): void;
  /** The tunnel can not carry it: where we can be reached now. */
  roam(candidates: readonly Candidate[]): void;
  up(): void;
  counters(counters: PeerCounters): void;
  /** Packets of the node's come again, after a while in which nothing did. */
  recovered(): void;
  failed(error: WarrenErrorData): void;
  /** For what is only shown. */
  changed(): void;
}

export class Way {
  readonly #world: World;
  readonly #device: Device;
  readonly #events: WayEvents;
  readonly #run: (work: Promise<unknown>) => void;
  readonly #opened: Promise<PathHandle>;
  #link: Link | null = null;
  #control: ControlConnection | null = null;
  #pair: CandidatePair | null = null;
  /** What we can be reached at, and what of it the provider was told last. */
  #candidates: readonly Candidate[] = [];
  #told = '';
  /** Under which addresses the world saw us last. */
  #seenAs = '';
  #released = false;
  #good = true;
  /** It was not good, and nothing has been heard through the tunnel since. */
  #interrupted = false;

  path: WayPath | null = null;
  rttMs: Ms | null = null;
  nat: Nat | null = null;
  readonly rotation: { count: number; lastAt: Ms | null } = { count: 0, lastAt: null };

  constructor(world: World, device: Device, events: WayEvents, run: (work: Promise<unknown>) => void) {
    this.#world = world;
    this.#device = device;
    this.#events = events;
    this.#run = run;
    this.#opened = openPath(world, {
      gathered: (candidates, nat) => {
        this.nat = nat;
        if (this.#link === null) this.#seenAs = publicOf(candidates);
        events.gathered(candidates);
      },
      use: (pair, kind, rttMs, to) => this.#use(pair, kind, rttMs, to),
      rtt: (ms) => {
        this.rttMs = ms;
      },
      mtu: (bytes) => void this.#splice((link) => link.mtu(bytes)),
      consent: (state) => {
        this.#good = state === 'good';
        if (!this.#good) this.#interrupted = true;
        this.#link?.consent(state);
      },
      roam: (candidates) => this.#roam(candidates),
      failed: events.failed,
      announce: (candidates) => this.#announce(candidates),
      accept: (ports) => this.#splice((link) => link.accept(ports)),
      rotated: () => {
        this.rotation.count++;
        this.rotation.lastAt = world.clock.now();
        events.changed();
      },
    });
    run(this.#opened);
  }

  async startChecks(session: Session): Promise<void> {
    const path = await this.#opened;
    if (!this.#released) path.startChecks(session);
  }

  async createLink(session: Session, privateKey: string): Promise<void> {
    const [device, path] = await Promise.all([this.#device.get(), this.#opened]);
    if (this.#released) return;
    const ports = this.#device.splice ? path.accept : [];
    const link = await createLink(this.#world, device, session, privateKey, ports, {
      up: this.#events.up,
      counters: this.#events.counters,
      heard: () => {
        path.heard();
        if (!this.#interrupted || !this.#good) return;
        this.#interrupted = false;
        this.#events.recovered();
      },
      doubt: path.probe,
      lost: this.#events.failed,
    });
    if (this.#released) return link.destroy();
    this.#link = link;
    path.joins(link.wireGuardPort);
  }

  async join(remote: { readonly address: string; readonly port: number }): Promise<void> {
    const path = await this.#opened;
    if (!this.#device.splice) {
      // From here on only WireGuard's counters tell whether the path lives.
      const [port] = path.accept;
      await path.close();
      if (port !== undefined) await this.#link?.takeOver(port);
    }
    await this.#link?.join(remote, this.#from(path));
  }

  /** The provider knows us on the control channel: ports may change from now on. */
  async control(control: ControlConnection): Promise<void> {
    const path = await this.#opened;
    this.#control = control;
    // On a new connection nothing is told yet.
    this.#told = '';
    if (this.#released || !this.#device.splice) return;
    this.#tell();
    path.connected();
  }

  /** What the provider says of its own addresses. */
  async said(message: Extract<ControlDown, { type: 'candidates' | 'path' }>): Promise<void> {
    const path = await this.#opened;
    if (message.type === 'path') path.ready(message.remote);
    else path.announced(message.candidates);
  }

  sample(): Promise<PeerCounters | null> {
    return this.#link?.sample() ?? Promise.resolve(null);
  }

  async release(): Promise<void> {
    this.#released = true;
    const path = await this.#opened.catch(() => null);
    await Promise.all([this.#link?.destroy(), path?.close()]);
  }

  #use(pair: CandidatePair, kind: WayPath['kind'], rttMs: Ms | null, to: TransportAddress): void {
    this.#pair = pair;
    this.path = { kind, remote: pair.remote.type, address: pair.remote.address };
    this.rttMs = rttMs;
    this.#events.found(to);
    this.#run(this.#opened.then((path) => this.#link?.move(to, this.#from(path))));
    this.#events.changed();
  }

  #from(path: PathHandle): number | null {
    return this.#pair && this.#device.splice ? path.portOf(this.#pair.local.base) : null;
  }

  #announce(candidates: readonly Candidate[]): void {
    this.#candidates = candidates;
    this.#tell();
  }

  #tell(): void {
    const text = JSON.stringify(this.#candidates);
    if (!this.#control || this.#candidates.length === 0 || text === this.#told) return;
    this.#told = text;
    this.#control.send({ type: 'candidates', candidates: [...this.#candidates] });
  }

  #roam(candidates: readonly Candidate[]): void {
    const seenAs = publicOf(candidates);
    // Connections from another address are dead, though they do not know it yet.
    if (seenAs !== '' && seenAs !== this.#seenAs) this.#world.rendezvous.renew();
    else this.#world.rendezvous.check();
    this.#seenAs = seenAs;
    this.#events.roam(candidates);
  }

  /** Never rejects: what goes wrong is the attempt's to see. */
  async #splice(change: (link: Link) => Promise<void>): Promise<void> {
    if (!this.#link || !this.#device.splice) return;
    const done = change(this.#link);
    this.#run(done);
    await done.catch(() => {});
  }
}

function publicOf(candidates: readonly Candidate[]): string {
  return publicAddresses(candidates).sort().join(' ');
}
