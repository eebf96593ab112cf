/**
 * Puts a provider together, in the order in which its parts need each other, and takes it down again: the
 * entry of `start`. Whatever fails on the way up takes everything made so far down.
 */
import { lookup as resolveName } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { parseUnits } from 'viem';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Clock, TransportAddress } from '../shared/effects.ts';
import type { OfferedTerms } from '../shared/machine/handshake/api.ts';
import { RateLimiter } from '../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../shared/machine/handshake/replay-cache.ts';
import { parseInterval } from '../shared/machine/traversal/interval.ts';
import { createClock } from '../shared/node/clock.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../shared/node/crypto.ts';
import { createDatagrams, hostAddresses } from '../shared/node/datagrams.ts';
import { lookup } from '../shared/node/geo.ts';
import { type Journal, openJournal } from '../shared/node/journal.ts';
import { createLedgerReader } from '../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../shared/node/ledger/writer.ts';
import { connectNetd } from '../shared/node/netd-client.ts';
import { openRouterLine } from '../shared/node/port-mapping/router.ts';
import { openRendezvous } from '../shared/node/relays/open.ts';
import { recoverAddress, sign } from '../shared/node/secp256k1.ts';
import { turnAccess } from '../shared/node/turn/access.ts';
import { DNS_PORT, RESOLVER_PORT } from '../shared/wire/control.ts';
import { GATEWAY4, GATEWAY6 } from '../shared/wire/netd.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { AddressPool } from './addresses.ts';
import type { Config } from './config.ts';
import { startControlServer } from './control-server.ts';
import { announceDashboard } from './dashboard/announce.ts';
import { startDashboard } from './dashboard/server.ts';
import { recordTraffic } from './dashboard/traffic.ts';
import { systemServers } from './dns/upstream.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import { forbiddenPrefixes } from './forbidden.ts';
import { ensureRegistered, identityHex, identityOf, RENEW_EVERY_MS } from './identity.ts';
import type { Keys } from './keystore.ts';
import type { Log } from './log.ts';
import { keepOffer, proposalOf } from './offer.ts';
import { ProofBook } from './proofs.ts';
import { createProviderRelay, type ProviderRelay } from './relay.ts';
import { report } from './report.ts';
import { startResolver } from './resolver.ts';
import type { SessionParts } from './session-parts.ts';
import { Sessions } from './sessions.ts';
import { startSettlements } from './settlement.ts';
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

const GATHER_MS = 5_000;
const RELAY_MS = 10_000;
/** A claim under way when the process is told to stop gets this long. */
const LAST_CLAIM_MS = 30_000;

/** @throws WarrenError of whichever part could not come up. */
export async function startDaemon(config: Config, profile: NetworkProfile, keys: Keys, log: Log): Promise<Daemon> {
  const clock = createClock();
  const startedAt = clock.now();
  const state = {
    now: 'starting' as 'starting' | 'serving' | 'draining',
    ledger: 'unknown' as 'unknown' | 'reachable' | 'unreachable',
  };
  const onLedger = (reachable: boolean) => {
    state.ledger = reachable ? 'reachable' : 'unreachable';
  };
  let fail: (error: WarrenError) => void = () => {};
  const failed = new Promise<WarrenError>((resolve) => {
    fail = resolve;
  });

  /** Undone in reverse, each step whatever the one before it did. */
  const undo: { readonly what: string; readonly run: () => unknown }[] = [];
  const made = (what: string, run: () => unknown) => undo.push({ what, run });
  async function takeDown(): Promise<void> {
    for (const { what, run } of undo.splice(0).reverse()) {
      try {
        await run();
      } catch (error) {
        log.warn({ reason: asWarrenError(error).message }, `${what} did not close cleanly`);
      }
    }
  }

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
    const writer = createLedgerWriter(profile, identityHex(keys), sender);
    await ensureRegistered(identity, profile, reader, writer, clock);
    onLedger(true);
    log.info({ did: identity.did }, 'registered');

    const datagrams = await createDatagrams(config.udpPort === 0 ? {} : { port: config.udpPort });
    let onGathered: (endpoint: Endpoint) => void = () => {};
    let relay: ProviderRelay | null = null;
    const interval = parseInterval(config.rotation);
    const endpoint = openEndpoint({
      datagrams,
      openDatagrams: () => createDatagrams(),
      openRouterLine,
      clock,
      servers: await stunServers(profile),
      hosts: hostAddresses,
      ...(interval ? { interval } : {}),
      onGathered: (now) => {
        relay?.look(now.nat?.translated !== null);
        onGathered(now);
      },
    });
    made('UDP port', () => endpoint.close());
    relay = createProviderRelay({
      turn: turnAccess(profile.turn),
      clock,
      random: nodeCrypto.randomBytes,
      openLoopback: () => createDatagrams({ address: '127.0.0.1' }),
      bases: endpoint.bases,
      receive: endpoint.receive,
      log,
    });
    made('relay', () => relay?.close());
    await firstGathering(clock, endpoint, (handler) => {
      onGathered = handler;
    });

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
    endpoint.onPorts = () => {
      tunnel.ports(endpoint.ports, endpoint.port).catch((error: unknown) => fail(asWarrenError(error)));
    };
    // A port that was chosen is one that a router forwards: it stays.
    if (interval && config.udpPort === 0) endpoint.startRotation();
    const egress = () =>
      tunnel.egress({
        forbid: forbiddenPrefixes(networkInterfaces(), endpoint.publicAddresses, config.forbid),
        blockedTcpPorts: config.blockedTcpPorts,
        perClientKbps: config.perClientMbps * 1000,
        totalKbps: config.capacityMbps * 1000,
      });
    await egress();

    const wei = (amount: string) => parseUnits(amount, profile.tokenDecimals);
    const pricePerMB = wei(config.pricePerMB);
    const perCoin = wei(config.tokensPerCoin);
    const settlements = startSettlements({
      book,
      reader,
      writer,
      clock,
      log,
      onLedger,
      tokenPerGas: (maxFeePerGas) => (maxFeePerGas * perCoin) / 10n ** 18n,
    });
    made('settlements', () => settlements.stop());

    const sessions = new Sessions();
    const find = (address: string) => sessions.find(address);
    const gateways = [GATEWAY4, GATEWAY6];
    const control = await startControlServer({ addresses: gateways, clock, find });
    made('control channel', () => control.close());
    const upstream = config.upstreamDns.map((address) => ({ address, port: DNS_PORT }));
    const resolver = await startResolver({
      addresses: gateways,
      port: RESOLVER_PORT,
      upstream: upstream.length > 0 ? upstream : await systemServers(),
      isClient: (address) => find(address) !== null,
    });
    made('resolver', () => resolver.close());

    const rendezvous = openRendezvous({ relays: profile.relays, clock, secretKey: keys.hot });
    made('relays', () => rendezvous.close());
    const offer = keepOffer(rendezvous.directory, clock, log);

    const terms: OfferedTerms = {
      pricePerMB,
      chainId: profile.chainId,
      channels: profile.channels,
      token: profile.token,
      payee: identity.account,
      minGraceMinutes: config.minGraceMinutes,
    };
    const parts: SessionParts = {
      clock,
      log,
      pool: new AddressPool(config.maxClients),
      endpoint,
      relay,
      tunnel,
      ledger: reader,
      onLedger,
      book,
      settlements,
      terms,
      rules: { pricePerMB, minGraceMinutes: config.minGraceMinutes },
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
    const dashboard = await startDashboard(config.dashboardPort, () =>
      report({
        startedAt,
        now: clock.now(),
        state: state.now,
        ledger: state.ledger,
        identity,
        profile,
        offer,
        relays: rendezvous.directory.status(),
        endpoint,
        tunnel,
        sessions,
        maxClients: config.maxClients,
        traffic,
        settlements,
        book,
        resolver,
      }),
    );
    made('dashboard', () => dashboard.close());
    const announced = announceDashboard(config.runtimeDir, identity.account, dashboard);
    made('dashboard link', () => announced.remove());

    await rendezvous.ready(RELAY_MS);
    const unlisten = await rendezvous.signal.listen((conversation) => sessions.accept(parts, conversation));
    made('listening', () => unlisten());
    const publish = () =>
      offer.publish(
        proposalOf({
          did: identity.did,
          payee: identity.account,
          pricePerMB,
          minDeposit: wei(config.minDeposit),
          config,
          profile,
          geo: geoOf(endpoint, config, log),
        }),
      );
    await publish();
    onGathered = () => {
      log.info('addresses changed');
      void Promise.all([egress(), publish()]).catch((error: unknown) => fail(asWarrenError(error)));
    };
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
      await takeDown();
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
    await takeDown();
    throw error;
  }
}

async function stunServers(profile: NetworkProfile): Promise<TransportAddress[]> {
  const resolved = await Promise.all(
    profile.stun.map(async ({ host, port }) => {
      if (isIP(host)) return [{ address: host, port }];
      const found = await resolveName(host).catch(() => null);
      return found ? [{ address: found.address, port }] : [];
    }),
  );
  return resolved.flat();
}

/** The first answer decides what the offer and the egress guard say; without one they do with less. */
async function firstGathering(
  clock: Clock,
  endpoint: Endpoint,
  onGathered: (handler: () => void) => void,
): Promise<void> {
  if (endpoint.nat) return;
  await new Promise<void>((resolve) => {
    onGathered(resolve);
    clock.after(GATHER_MS, resolve);
  });
}

function geoOf(endpoint: Endpoint, config: Config, log: Log) {
  const hosts = endpoint.candidates.map(({ address }) => address);
  const found = [...endpoint.publicAddresses, ...hosts].map((address) => lookup(address)).find((geo) => geo !== null);
  if (found && config.country && found.country && found.country !== config.country)
    log.warn({ configured: config.country, found: found.country }, 'the tables put this node elsewhere; they decide');
  return found ?? null;
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
