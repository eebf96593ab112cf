/**
 * Warren in the lab: chain, helper and relay in the internet; a client's home and two providers' homes,
 * each with its netd as root and everything else as an ordinary user. Starts things; checks nothing.
 */
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../manifest/extension.ts';
import { writeHostWrapper, writeNativeManifests } from '../../manifest/native-messaging.ts';
import { findDashboard } from '../../provider/dashboard/announce.ts';
import type { Status } from '../../provider/dashboard/status.ts';
import { type Address, address } from '../../shared/base/units.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { LabBrowser } from './browser.ts';
import { type Chain, profileOf, startChain } from './chain.ts';
import { startChromium } from './chromium.ts';
import { startFirefox } from './firefox/browser.ts';
import { helpersOf, RELAY_PORT, SceneHelper, STUN_PORT } from './helper.ts';
import type { Home } from './home.ts';
import { createLab, type Lab } from './lab.ts';
import { addLatency } from './latency.ts';
import type { NatName } from './nat-kinds.ts';
import type { LabProcess, User } from './process.ts';
import { inNamespace } from './run.ts';
import type { Family } from './servers.ts';
import { startTurn } from './turn.ts';

/** A lab's key store protects test money for a minute. */
const PASSWORD = 'lab password';

const BROWSERS = {
  chromium: { start: startChromium, extensionId: EXTENSION_ID_CHROMIUM },
  firefox: { start: startFirefox, extensionId: GECKO_ID },
} as const;
export type BrowserName = keyof typeof BROWSERS;

export interface SceneProvider {
  readonly name: string;
  readonly country: string;
  readonly home: Home;
  readonly account: Address;
  readonly process: LabProcess;
  readonly netd: LabProcess;
  /** The provider's own dashboard API, over its loopback. */
  status(): Promise<Status>;
  /** Stops it in order and starts it anew. @param args settings that are other ones now, as flags. */
  restart(...args: readonly string[]): Promise<void>;
}

export interface Scene {
  readonly lab: Lab;
  readonly chain: Chain;
  readonly profile: NetworkProfile;
  readonly client: {
    readonly home: Home;
    readonly user: User;
    readonly netd: LabProcess;
    /** The host's own folder on tmpfs, and its log there. */
    readonly runtime: string;
    readonly hostLog: string;
    /** warren-host's command line, without what the browser appends. */
    readonly hostArguments: readonly string[];
  };
  readonly providers: Readonly<Record<'de' | 'jp', SceneProvider>>;
  /** The other node in Germany, where the scene was asked for one. */
  readonly secondGerman: SceneProvider | null;
  readonly helpers: readonly SceneHelper[];
  openBrowser(options?: { readonly visible?: boolean; readonly browser?: BrowserName }): Promise<LabBrowser>;
  /** The relay forgets everybody; resolves when it is back. */
  restartTurn(): Promise<void>;
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly clientNat?: NatName;
  /** The client's home has IPv6 of its own beside IPv4. */
  readonly clientIpv6?: boolean;
  /** 6: chain, helper and relay are known by IPv6 addresses only, and every home has such. One helper. */
  readonly family?: Family;
  readonly providerNats?: Readonly<Record<'de' | 'jp', NatName>>;
  /** One-way latency of every home's line; none by default. */
  readonly lineMs?: number;
  /** Seconds between two changes of port, at both ends; the product's own where absent. */
  readonly rotation?: string;
  /** A second node in Germany, as good as the first but dearer. */
  readonly secondGerman?: boolean;
  /** Helpers that the network profile names; one by default. */
  readonly helpers?: 1 | 2;
  /** How long a pass for the relay is good, seconds; the helper's own hour where absent. */
  readonly turnPass?: number;
  /** In tokens per 1,000,000 bytes. */
  readonly prices?: Readonly<Record<'de' | 'jp', string>>;
}

export async function createScene(options: SceneOptions = {}): Promise<Scene> {
  const ipv6 = options.family === 6;
  const nats = options.providerNats ?? { de: 'portRestricted', jp: 'portRestricted' };
  const lab = await createLab({
    homes: [
      {
        name: 'cli',
        wan: '90.54.12.7',
        lan: 1,
        nat: options.clientNat ?? 'portRestricted',
        ipv6: options.clientIpv6 ?? ipv6,
      },
      { name: 'de', wan: '84.130.44.21', lan: 2, nat: nats.de, neighbour: true, ipv6 },
      { name: 'jp', wan: '126.77.8.33', lan: 3, nat: nats.jp, neighbour: true, ipv6, prefix6: '2400:2410:0' },
      ...(options.secondGerman ? [{ name: 'de2', wan: '84.161.7.90', lan: 4, nat: nats.de, ipv6 }] : []),
    ],
  });
  try {
    if (options.lineMs) await addLatency(lab, [...lab.homes.values()], options.lineMs);
    return await furnish(lab, options);
  } catch (error) {
    const folder = await lab.keepLogs().catch(() => null);
    await lab.close();
    throw new Error(`the scene could not be set${folder ? `; logs: ${folder}` : ''}`, { cause: error });
  }
}

async function furnish(lab: Lab, options: SceneOptions): Promise<Scene> {
  const { prices = { de: '0.0002', jp: '0.0003' }, rotation } = options;
  const rotating = rotation === undefined ? [] : ['--rotation', rotation];
  const { helpers: count = 1, turnPass, family = 4 } = options;
  const helper = { family, ...(turnPass === undefined ? {} : { turnPass }) };
  const [chain, firstTurn, firstHelper, secondHelper] = await Promise.all([
    startChain(lab),
    startTurn(lab),
    SceneHelper.start(lab, { ...helper, index: 0 }),
    count === 2 ? SceneHelper.start(lab, { ...helper, index: 1 }) : null,
  ]);
  let turn = firstTurn;
  const profile = { ...profileOf(chain, { stun: STUN_PORT, relay: RELAY_PORT }, family), ...helpersOf(count, family) };
  const network = join(lab.paths.run, 'network.json');
  writeFileSync(network, `${JSON.stringify(profile, null, 2)}\n`);
  chmodSync(network, 0o644);
  const userOf = (index: number, name: string): User => {
    const uid = lab.paths.uid + index;
    const owner = { uid, gid: uid };
    return { ...owner, groups: [lab.paths.uid + 3], home: lab.diskFolder(name, owner) };
  };
  // The provider's resolver answers on port 53 of the tunnel's gateway.
  const provides = { capability: 'net_bind_service' };
  const client = userOf(0, 'client');
  const [de, jp] = [
    { ...userOf(1, 'de'), ...provides },
    { ...userOf(2, 'jp'), ...provides },
  ];
  const provider = (name: string, country: string, user: User, price: string): Promise<SceneProvider> =>
    startProvider({ lab, chain, name, country, user, network, price, rotating });
  const [netd, secondGerman, ...both] = await Promise.all([
    startNetd(lab, 'cli'),
    options.secondGerman ? provider('de2', 'DE', { ...userOf(1, 'de2'), ...provides }, '0.0004') : null,
    provider('de', 'DE', de, prices.de),
    provider('jp', 'JP', jp, prices.jp),
  ]);
  const runtime = lab.runtimeFolder('client-host', client);
  const hostLog = join(lab.runtimeFolder('client-log', client), 'host.log');
  return {
    lab,
    chain,
    profile,
    client: {
      home: lab.home('cli'),
      user: client,
      netd: netd.process,
      runtime,
      hostLog,
      hostArguments: [
        ...['--network', network, '--netd', netd.socket, '--runtime', runtime, '--log', hostLog],
        ...['--test-switches', ...rotating],
      ],
    },
    providers: { de: both[0], jp: both[1] },
    secondGerman,
    helpers: [firstHelper, ...(secondHelper ? [secondHelper] : [])],
    async openBrowser({ visible = false, browser = 'chromium' } = {}) {
      const hostPath = join(lab.paths.run, 'warren-host');
      await writeHostWrapper(hostPath, {
        nodePath: lab.node,
        mainPath: lab.source('native-host/main.ts'),
        network,
        netdSocket: netd.socket,
        runtimeDir: runtime,
        logFile: hostLog,
        testSwitches: true,
      });
      const { start, extensionId } = BROWSERS[browser];
      return start(lab, {
        home: lab.home('cli'),
        user: client,
        visible,
        async introduceHost(dir) {
          await writeNativeManifests({ dir, hostPath, browser, extensionId });
        },
      });
    },
    async restartTurn() {
      await turn.stop();
      turn = await startTurn(lab);
    },
    close: () => lab.close(),
  };
}

/** How a program is run: from its sources where nothing is said. */
export interface Running {
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Root's part of a home: warren-netd, on a socket that one group may use. @param namespace of another host than the home's first. */
export async function startNetd(
  lab: Lab,
  name: string,
  namespace = lab.home(name).host,
  { file = 'native-host/netd/main.ts', env = {} }: Running = {},
): Promise<{ readonly process: LabProcess; readonly socket: string }> {
  const gid = lab.paths.uid + 3;
  const folder = lab.runtimeFolder(`${name}-netd`, { uid: 0, gid }, 0o750);
  const socket = join(folder, 'netd.sock');
  const process = lab.startNode({
    name: `netd-${name}`,
    namespace,
    file,
    env,
    args: ['--socket', socket, '--group', String(gid), '--runtime', folder],
  });
  await process.prints(/ready/);
  return { process, socket };
}

interface ProviderOptions {
  readonly lab: Lab;
  readonly chain: Chain;
  readonly name: string;
  readonly country: string;
  readonly user: User;
  readonly network: string;
  readonly price: string;
  readonly rotating: readonly string[];
}

async function startProvider(options: ProviderOptions): Promise<SceneProvider> {
  const { lab, chain, name, country, user, network, price, rotating } = options;
  const home = lab.home(name);
  const passwordFile = join(lab.runtimeFolder(`${name}-secret`, user), 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  chownSync(passwordFile, user.uid, user.gid);
  const config = join(user.home, 'config.json');
  const runtime = lab.runtimeFolder(`${name}-runtime`, user);
  const provider = (verb: string, args: readonly string[]): LabProcess =>
    lab.startNode({
      name: verb === 'start' ? `provider-${name}` : `provider-${name}-${verb}`,
      namespace: home.host,
      file: 'provider/main.ts',
      args: [verb, '--config', config, '--password-file', passwordFile, ...args],
      user,
      env: { NODE_EXTRA_CA_CERTS: lab.certificate.certificateFile },
    });
  const init = async (): Promise<Address> => {
    const process = provider('init', [
      ...['--network', network],
      ...['--keystore', join(user.home, 'keystore.json')],
      ...['--netd-socket', join(lab.paths.run, `${name}-netd`, 'netd.sock')],
      ...['--runtime-dir', runtime],
      ...['--price-per-mb', price, '--country', country, ...rotating, '--no-check'],
      // The lab's own name servers.
      ...['--upstream-dns', 'system'],
    ]);
    if ((await process.exited) !== 0) throw new Error(`provider ${name} init failed\n${process.tail()}`);
    const keystore = JSON.parse(readFileSync(join(user.home, 'keystore.json'), 'utf8')) as { readonly address: string };
    const account = address(keystore.address);
    await chain.give(account, { coin: '1' });
    return account;
  };
  const [netd, account] = await Promise.all([startNetd(lab, name), init()]);
  const start = async (args: readonly string[]): Promise<LabProcess> => {
    const started = provider('start', args);
    await started.prints(/serving/i);
    return started;
  };
  let process = await start([]);
  return {
    name,
    country,
    home,
    account,
    get process() {
      return process;
    },
    netd: netd.process,
    async restart(...args) {
      await process.stop(20_000);
      process = await start(args);
    },
    async status() {
      const { port, token } = findDashboard(runtime, account);
      const args = ['-sf', '--max-time', '5', '-H', `Authorization: Bearer ${token}`];
      const text = await inNamespace(home.host, 'curl', [...args, `http://127.0.0.1:${port}/api/status`]);
      return JSON.parse(text) as Status;
    },
  };
}
