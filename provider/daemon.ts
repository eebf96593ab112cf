/**
 * Puts a provider together, in the order in which its parts need each other, and takes it down again: the
 * entry of `start`. Whatever fails on the way up takes everything made so far down.
 */
import { networkInterfaces } from 'node:os';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Address } from '../shared/base/units.ts';
import type { Clock } from '../shared/effects.ts';
import { RateLimiter } from '../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../shared/machine/handshake/replay-cache.ts';
import { createClock } from '../shared/node/clock.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../shared/node/crypto.ts';
import { countryOf } from '../shared/node/geo.ts';
import { type Journal, openJournal } from '../shared/node/journal.ts';
import { createLedgerReader } from '../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../shared/node/ledger/writer.ts';
import { connectNetd } from '../shared/node/netd-client.ts';
import { openRendezvous } from '../shared/node/relays/open.ts';
import { recoverAddress, sign } from '../shared/node/secp256k1.ts';
import { GATEWAY4, GATEWAY6 } from '../shared/wire/netd.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { watchAccount } from './account-watch.ts';
import { AddressPool } from './addresses.ts';
import { startControlServer } from './control-server.ts';
import { announceDashboard } from './dashboard/announce.ts';
import { startDashboard } from './dashboard/server.ts';
import { recordTraffic } from './dashboard/traffic.ts';
import { recordEarnings } from './earnings/record.ts';
import { egressPolicy } from './egress-policy.ts';
import { forbiddenPrefixes } from './forbidden.ts';
import { freeMemoryMB } from './free-memory.ts';
import { healthOf, NO_NAMES } from './health.ts';
import { ensureRegistered, identityOf, RENEW_EVERY_MS } from './identity.ts';
import type { Keys } from './keystore.ts';
import { openLine } from './line.ts';
import type { Log } from './log.ts';
import { startNames } from './names.ts';
import { keepOffer } from './offer.ts';
import { placeOf } from './place.ts';
import { ProofBook } from './proofs.ts';
import { report } from './report.ts';
import { noRoom } from './room.ts';
import type { SessionParts } from './session-parts.ts';
import { Sessions } from './sessions.ts';
import type { LiveConfig } from './settings/live.ts';
import { daysFileOf } from './settings/paths.ts';
import { startSettlements } from './settlement.ts';
import { shareLine } from './sharing.ts';
import { watchStrain } from './strain.ts';
import { TakeDown } from './take-down.ts';
import { offerOf, termsOf, weiOf } from './terms.ts';
import { createTransactions } from './transactions.ts';
import { openTunnel } from './tunnel.ts';

export interface Daemon {
  /** Link to the dashboard, token in the fragment. */
  readonly url: string;
  /** Resolves with why the node cannot go on by itself. */
  readonly failed: Promise<WarrenError>;
  /** Tells the clients, claims, gives everything back. Idempotent; never throws. */
  stop(): Promise<void>;
}

const RELAY_MS = 10_000;
/** A claim under way when the process is told to stop gets this long. */
const LAST_CLAIM_MS = 30_000;
/** As many address pairs as warren-netd takes peers; the owner's limit is a matter of room. */
const MAX_PEERS = 4096;
/** These change what the offer says. */
const OFFERED = ['pricePerMB', 'minDeposit', 'minGraceMinutes', 'capacityMbps', 'country', 'city', 'residential'];
/** … and these what the firewall does. */
const ENFORCED = [
  ...['capacityMbps', 'perClientMbps', 'blockedTcpPorts', 'blockedUdpPorts', 'allowedPorts', 'forbid'],
  ...['clientConnections', 'clientNewFlows'],
];
/** A home gets another prefix from its carrier, some of them every day: the guard does not wait for gathering. */
const GUARD_LOOK_MS = 2_000;

/** @throws WarrenError of whichever part could not come up. */
export async function startDaemon(
  live: LiveConfig,
  profile: NetworkProfile,
  keys: Keys & { readonly address: Address },
  log: Log,
): Promise<Daemon> {
  const config = live.now;
  const clock = createClock();
  const startedAt = clock.now();
  const state = {
    now: 'starting' as 'starting' | 'serving' | 'draining',
    ledger: 'unknown' as 'unknown' | 'reachable' | 'unreachable',
  };
  const onLedger = (reachable: boolean) => {
    state.ledger = reachable ? 'reachable' : 'unreachable';
  };
  const { promise: failed, resolve: fail } = Promise.withResolvers<WarrenError>();
  const failing = (error: unknown) => fail(asWarrenError(error));
  const takeDown = new TakeDown(log);
  const made: TakeDown['made'] = (what, run) => takeDown.made(what, run);

  try {
    const identity = identityOf(profile, keys);
    const journal = await openJournal(config.runtimeDir, `provider-${identity.account}.proofs`);
    const book = new ProofBook(journal);
    // With nothing left to claim or to see settled there is nothing to keep.
    const close = ({ close }: Journal) =>
      close({ wipe: book.unclaimed().length === 0 && book.unsettled().length === 0 });
    made('journal', () => close(journal));

    const device = await connectNetd(config.netdSocket);
    made('netd', () => device.close());
    device.onLost(() =>
      fail(new WarrenError('netd_unreachable', 'warren-netd is gone.', 'It has to run; start again.')),
    );

    const reader = createLedgerReader(profile);
    made('ledger', () => reader.close());
    const underWay = await openJournal(config.runtimeDir, `provider-${identity.account}.transactions`);
    made('transactions', () => close(underWay));
    const sender = createTransactions({ clock, log, store: underWay });
    const writer = createLedgerWriter(profile, identity.sender.key, sender);
    await ensureRegistered(identity, profile, reader, writer, clock);
    onLedger(true);
    log.info({ did: identity.did, cold: identity.cold }, 'registered');
    const account = watchAccount(identity, reader, clock);
    made('account', () => account.stop());

    const line = await openLine(config, profile, clock, log);
    made('UDP port', () => line.close());
    const { endpoint, relay } = line;
    const wireGuard = generateWireGuardKeyPair();
    const tunnel = await openTunnel({
      device,
      clock,
      privateKey: wireGuard.privateKey,
      port: endpoint.port,
      onError: (error) => log.warn({ reason: asWarrenError(error).message }, 'counters not read'),
    });
    made('tunnel', () => tunnel.close());
    relay.joins(tunnel.wireGuardPort);
    endpoint.onPorts = () => tunnel.ports(endpoint.ports, endpoint.port).catch(failing);
    // A port that was chosen is one that a router forwards: it stays.
    if (config.rotation !== 'off' && config.udpPort === 0) endpoint.startRotation();

    const earnings = recordEarnings(daysFileOf(config), tunnel.totals, clock, log);
    made('earnings', () => earnings.close());
    const settlements = startSettlements({
      book,
      reader,
      writer,
      clock,
      log,
      onLedger,
      payee: identity.account,
      onClaimed: (amount) => earnings.add({ claimed: amount }),
      tokenPerGas: (maxFeePerGas) => (maxFeePerGas * weiOf(live.now.tokensPerCoin, profile)) / 10n ** 18n,
    });
    made('settlements', () => settlements.stop());

    const strain = watchStrain(clock, ({ strained, lateMs }) =>
      log.warn({ strained, lateMs: Math.round(lateMs) }, 'processor'),
    );
    made('strain', () => strain.stop());
    const sessions = new Sessions((load) => {
      const { strained } = strain;
      return noRoom({ ...load, ...sharing.load, strained, freeMemoryMB: freeMemoryMB() }, live.now);
    });
    const forbidden = () => forbiddenPrefixes(networkInterfaces(), endpoint.publicAddresses, live.now.forbid);
    let guarded: readonly string[] = [];
    const egress = () => {
      guarded = forbidden();
      return tunnel.egress(egressPolicy(live.now, guarded, sharing.perClientKbps));
    };
    const sharing = shareLine(live, sessions, clock, () => {
      log.info({ kbps: sharing.shareKbps }, 'even share of the line changed');
      egress().catch((error: unknown) => log.warn({ reason: asWarrenError(error).message }, 'share not applied'));
    });
    made('sharing', () => sharing.stop());
    let publish = async () => {};
    let renew = () => {};
    let seenAs = endpoint.publicAddresses.join();
    line.onGathered = () => {
      const now = endpoint.publicAddresses.join();
      // Without an answer nothing is known; and what is as it was is no news.
      if (endpoint.nat?.translated === null || now === '' || now === seenAs) return;
      seenAs = now;
      log.info('addresses changed');
      renew();
      void Promise.all([egress(), publish()]).catch(failing);
    };
    await egress();
    const look = () => {
      if (forbidden().join() !== guarded.join()) egress().catch(failing);
    };
    made('egress guard', every(clock, GUARD_LOOK_MS, look));

    const find = (address: string) => sessions.find(address);
    const gateways = [GATEWAY4, GATEWAY6];
    const control = await startControlServer({ addresses: gateways, clock, find });
    made('control channel', () => control.close());
    const resolver = await startNames({ config, isClient: (address) => find(address) !== null });
    made('resolver', () => resolver.close());
    void resolver.look().then((answered) => {
      if (!answered) log.warn(NO_NAMES);
    });

    const rendezvous = openRendezvous({ relays: profile.relays, clock, secretKey: keys.hot });
    made('relays', () => rendezvous.close());
    // Connections from another address are dead, though they do not know it yet.
    renew = rendezvous.renew;
    const offer = keepOffer(rendezvous.directory, clock, log);
    const parts: SessionParts = {
      clock,
      log,
      pool: new AddressPool(MAX_PEERS),
      endpoint,
      relay,
      tunnel,
      ledger: reader,
      onLedger,
      book,
      settlements,
      earnings,
      terms: () => termsOf(live.now, profile, identity),
      countryOf,
      handshake: {
        crypto: nodeCrypto,
        sign: (digest) => sign(digest, identity.hot),
        recover: recoverOrNull,
        did: identity.did,
        wireGuardKey: wireGuard.publicKey,
        replays: new ReplayCache(),
        limiter: new RateLimiter(),
      },
      sessions,
    };

    const traffic = recordTraffic(clock, tunnel.totals);
    made('traffic', () => traffic.stop());
    const health = () =>
      healthOf({
        relays: rendezvous.directory.status(),
        ledger: state.ledger,
        offered: offer.current && offer.accepted,
        nat: endpoint.nat,
        names: resolver.reachable,
        coin: account.coin,
        sender: identity.sender.account,
        coinSymbol: profile.coinSymbol,
        authorizedUntil: account.authorizedUntil,
        freeMemoryMB: freeMemoryMB(),
        minFreeMemoryMB: live.now.minFreeMemoryMB,
        lateMs: strain.lateMs,
        strained: strain.strained,
        now: clock.now(),
      });
    const dashboard = await startDashboard(config.dashboardPort, () =>
      report({
        startedAt,
        now: clock.now(),
        state: state.now,
        ledger: state.ledger,
        identity,
        profile,
        config: live.now,
        offer,
        relays: rendezvous.directory.status(),
        endpoint,
        tunnel,
        sessions,
        traffic,
        shareKbps: sharing.shareKbps,
        settlements,
        earnings,
        book,
        resolver,
        health: health(),
      }),
    );
    made('dashboard', () => dashboard.close());
    const announced = announceDashboard(config.runtimeDir, identity.account, dashboard);
    made('dashboard link', () => announced.remove());

    await rendezvous.ready(RELAY_MS);
    const unlisten = await rendezvous.signal.listen((conversation) => sessions.accept(parts, conversation));
    made('listening', () => unlisten());
    publish = () => offer.publish(offerOf(live.now, profile, identity, placeOf(endpoint, live.now, log)));
    await publish();
    made(
      'settings',
      live.onChange((changed) => {
        // A refusal leaves the rules of before in force, whole.
        const refused = (error: unknown) => log.error({ reason: asWarrenError(error).message }, 'limits not changed');
        if (changed.some((name) => ENFORCED.includes(name))) egress().catch(refused);
        if (changed.some((name) => OFFERED.includes(name))) publish().catch(failing);
      }),
    );
    made(
      'close notices',
      reader.onCloseRequested(identity.account, (id, closeAt) => {
        settlements.onCloseRequested(id, closeAt);
        sessions.byChannel(id)?.onCloseRequested();
      }),
    );
    made(
      'renewal',
      every(clock, RENEW_EVERY_MS, () => {
        ensureRegistered(identity, profile, reader, writer, clock).catch((error: unknown) =>
          log.warn({ reason: asWarrenError(error).message }, 'registration not renewed'),
        );
      }),
    );

    state.now = 'serving';
    log.info({ port: endpoint.port, nat: endpoint.nat?.mapping, backend: tunnel.backend }, 'serving');

    let stopping: Promise<void> | null = null;
    const stop = async () => {
      state.now = 'draining';
      log.info({ clients: sessions.active }, 'stopping');
      await offer.withdraw();
      await sessions.drain(clock);
      await Promise.race([settlements.claimAll(), new Promise<void>((resolve) => clock.after(LAST_CLAIM_MS, resolve))]);
      const left = book.unclaimed().length;
      if (left > 0) log.warn({ channels: left }, 'not claimed; the next start tries again');
      await takeDown.all();
      log.info('stopped');
    };
    return {
      url: announced.url,
      failed,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await takeDown.all();
    throw error;
  }
}

function recoverOrNull(digest: Uint8Array, signature: Uint8Array) {
  try {
    return recoverAddress(digest, signature);
  } catch {
    return null;
  }
}

function every(clock: Clock, period: number, run: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(period, () => {
      run();
      next();
    });
  };
  next();
  return () => cancel();
}
