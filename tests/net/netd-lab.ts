/**
 * A small world for netd: a client, a provider with a LAN neighbour, and an internet with one web address,
 * each in a network namespace of its own, all removed at the end. Addresses look public and never leave.
 *
 *   client 90.0.0.2 ── internet (93.184.216.34) ── 84.128.0.2 provider 192.168.2.2 ── 192.168.2.50 neighbour
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TunnelDevice } from '../../shared/effects.ts';
import { connectNetd } from '../../shared/node/netd-client.ts';
import { type Program, programOf } from '../lab/programs.ts';
import { MEMORY } from '../memory.ts';
import { PATIENCE } from '../patience.ts';
import { type Keys, keys } from './keys.ts';

export const WEB4 = '93.184.216.34';
export const WEB6 = '2606:2800:220:1::34';
export const CLIENT4 = '90.0.0.2';
export const PROVIDER4 = '84.128.0.2';
export const PROVIDER_LAN4 = '192.168.2.2';
export const NEIGHBOUR4 = '192.168.2.50';

const fileOf = (program: Program): string => fileURLToPath(new URL(`../../${programOf(program)}`, import.meta.url));
const PROBE = fileOf('tests/net/netd-programs/probe.ts');
const GUARDIAN = fileOf('tests/net/netd-guardian.ts');
const NETD = fileOf('native-host/netd/main.ts');

export interface LabOptions {
  /** A program that does what probe.ts does, where Node is too dear. */
  readonly probe?: readonly [string, ...string[]];
  /** Whether what a killed test leaves behind is taken away. */
  readonly guarded?: boolean;
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(program: string, args: readonly string[], stdin = ''): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { timeout: 30_000 * PATIENCE, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ code, stdout, stderr });
      },
    );
    // A program that never reads its input is none the worse for it.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(stdin);
  });
}

async function must(program: string, args: readonly string[], stdin = ''): Promise<string> {
  const result = await run(program, args, stdin);
  if (result.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** Waits for a state, never for a time. @throws Error with `what` when it does not come. */
export async function until(what: string, state: () => Promise<boolean> | boolean, limitMs = 5_000): Promise<void> {
  const deadline = Date.now() + limitMs * PATIENCE;
  while (!(await state())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs * PATIENCE} ms in vain: ${what}`);
    await sleep(10);
  }
}

/** One process for many lines of ip(8), which on an emulated machine cost a tenth of a second each. */
async function batch(lines: readonly string[], space?: Namespace): Promise<void> {
  await must('ip', [...(space ? ['-n', space.name] : []), '-batch', '-'], `${lines.join('\n')}\n`);
}
const wire = (a: Namespace, linkA: string, b: Namespace, linkB: string): string =>
  `link add ${linkA} netns ${a.name} type veth peer name ${linkB} netns ${b.name}`;
const add = (address: string): string => `address add ${address}`;
const add6 = (address: string): string => `address add ${address} nodad`;
const up = (link: string): string => `link set ${link} up`;

export class Namespace {
  readonly name: string;
  readonly #probe: readonly [string, ...string[]];

  constructor(name: string, probe: readonly [string, ...string[]]) {
    this.name = name;
    this.#probe = probe;
  }

  run(program: string, ...args: readonly string[]): Promise<Result> {
    return run('ip', ['netns', 'exec', this.name, program, ...args]);
  }

  must(program: string, ...args: readonly string[]): Promise<string> {
    return must('ip', ['netns', 'exec', this.name, program, ...args]);
  }

  nft(rules: string): Promise<string> {
    return must('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], rules);
  }

  spawn(program: string, ...args: readonly string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** "ok" when the echo came back from there, else why not. */
  async reach(protocol: 'tcp' | 'udp', local: string, host: string, port: number): Promise<string> {
    return (await this.must(...this.#probe, protocol, local, host, String(port))).trim();
  }
}

/** What a probe says of itself in the end; which of these depends on its mode. */
export type ProbeCounts = Readonly<Record<'sent' | 'received' | 'answered' | 'replies' | 'foreign', number>> & {
  /** The first of each run of packets that were lost, and how many. */
  readonly gaps: readonly string[];
};

export class NetdLab {
  readonly client: Namespace;
  readonly provider: Namespace;
  readonly internet: Namespace;
  readonly neighbour: Namespace;
  readonly directory: string;
  readonly #probe: readonly [string, ...string[]];
  readonly #guardian: ChildProcess | null;
  readonly #children = new Set<ChildProcess>();
  readonly #devices = new Set<TunnelDevice>();

  constructor({ probe = [process.execPath, PROBE], guarded = true }: LabOptions = {}) {
    const id = `wnd${randomBytes(3).toString('hex')}`;
    this.#probe = probe;
    this.client = new Namespace(`${id}c`, probe);
    this.provider = new Namespace(`${id}p`, probe);
    this.internet = new Namespace(`${id}i`, probe);
    this.neighbour = new Namespace(`${id}n`, probe);
    this.directory = mkdtempSync(`${MEMORY}/warren-netd-`);
    const names = this.#spaces.map((space) => space.name);
    const guardian = [GUARDIAN, this.directory, ...names];
    this.#guardian = guarded
      ? spawn(process.execPath, guardian, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
      : null;
  }

  async up(): Promise<void> {
    await batch(this.#spaces.map(({ name }) => `netns add ${name}`));
    const settings = ['net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.default.accept_dad=0'];
    await Promise.all(this.#spaces.map((space) => space.must('sysctl', '-qw', ...settings)));
    const { internet, client, provider, neighbour } = this;
    const forwarding = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
    await internet.must('sysctl', '-qw', ...forwarding);
    await batch([
      wire(internet, 'cli', client, 'wan'),
      wire(internet, 'pro', provider, 'wan'),
      wire(provider, 'lan', neighbour, 'lan'),
    ]);
    await Promise.all([
      batch(
        [
          ...['90.0.0.1/24 dev cli', '84.128.0.1/24 dev pro', `${WEB4}/32 dev lo`].map(add),
          ...['2a01:cb00::1/64 dev cli', '2003:e1::1/64 dev pro', `${WEB6}/128 dev lo`].map(add6),
          ...['lo', 'cli', 'pro'].map(up),
        ],
        internet,
      ),
      batch([add(`${CLIENT4}/24 dev wan`), add6('2a01:cb00::2/64 dev wan'), ...['lo', 'wan'].map(up)], client),
      batch(
        [
          ...[`${PROVIDER4}/24 dev wan`, `${PROVIDER_LAN4}/24 dev lan`].map(add),
          add6('2003:e1::2/64 dev wan'),
          ...['lo', 'wan', 'lan'].map(up),
        ],
        provider,
      ),
      batch([add(`${NEIGHBOUR4}/24 dev lan`), ...['lo', 'lan'].map(up)], neighbour),
    ]);
    await Promise.all([
      batch(['route add default via 90.0.0.1', 'route add ::/0 via 2a01:cb00::1'], client),
      batch(['route add default via 84.128.0.1', 'route add ::/0 via 2003:e1::1'], provider),
      this.echo(internet, 'tcp', 80),
      this.echo(internet, 'udp', 80, WEB4),
      this.echo(neighbour, 'tcp', 80),
    ]);
    const reaches = async (space: Namespace, local: string, host: string) =>
      (await space.reach('tcp', local, host, 80)) === 'ok';
    // A new link may take a moment to carry its first packet.
    await Promise.all([
      until('the client reaches the web', () => reaches(client, CLIENT4, WEB4)),
      until('the provider reaches its LAN', () => reaches(provider, PROVIDER_LAN4, NEIGHBOUR4)),
    ]);
  }

  /** Starts a netd in the namespace and waits until it answers. */
  async netd(space: Namespace, name: string, group = '0'): Promise<Netd> {
    const socket = `${this.directory}/${name}.sock`;
    const child = space.spawn(
      process.execPath,
      NETD,
      '--socket',
      socket,
      '--group',
      group,
      '--runtime',
      this.directory,
    );
    this.#children.add(child);
    const netd = new Netd(child, socket, (device) => this.#devices.add(device));
    await netd.ready();
    return netd;
  }

  /** A program that the end of the lab ends too. */
  start(space: Namespace, program: string, ...args: readonly string[]): ChildProcess {
    const child = space.spawn(program, ...args);
    this.#children.add(child);
    return child;
  }

  /** One of the probe's own modes; resolves once it has said that it runs. */
  probe(space: Namespace, ...args: readonly string[]): Promise<ChildProcess> {
    return this.program(space, ...this.#probe, ...args);
  }

  /** Any program that says when it runs; resolves once it has. */
  async program(space: Namespace, program: string, ...args: readonly string[]): Promise<ChildProcess> {
    const child = this.start(space, program, ...args);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`${program} ${args.join(' ')} ended with ${code}`)));
    });
    return child;
  }

  /** A datagram a millisecond for so long; resolves when it has begun, with a promise of its counts. */
  async flood(
    space: Namespace,
    local: string,
    host: string,
    port: number,
    milliseconds: number,
  ): Promise<{ readonly counts: Promise<{ sent: number; received: number }> }> {
    const child = await this.probe(space, 'flood', local, host, String(port), String(milliseconds));
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    return { counts: once(child, 'close').then(() => JSON.parse(output)) };
  }

  /** Ends a probe that counts, and returns its counts. */
  async report(child: ChildProcess): Promise<ProbeCounts> {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    return JSON.parse(output.trim().split('\n').at(-1) ?? '');
  }

  echo(space: Namespace, protocol: 'tcp' | 'udp', port: number, address = '::'): Promise<ChildProcess> {
    return this.probe(space, 'serve', protocol, String(port), address);
  }

  /** Keeps these UDP ports: only ports that somebody has are spliced. */
  hold(space: Namespace, ...ports: readonly number[]): Promise<ChildProcess> {
    return this.probe(space, 'hold', ...ports.map(String));
  }

  async down(): Promise<void> {
    for (const device of this.#devices) await device.close();
    for (const child of this.#children) await stop(child, 'SIGTERM');
    for (const space of this.#spaces) {
      const { stdout } = await run('ip', ['netns', 'pids', space.name]);
      for (const pid of stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
      await run('ip', ['netns', 'del', space.name]);
    }
    rmSync(this.directory, { recursive: true, force: true });
    if (this.#guardian === null) return;
    const released = once(this.#guardian, 'exit');
    this.#guardian.stdin?.end();
    await released;
  }

  get #spaces(): readonly Namespace[] {
    return [this.internet, this.client, this.provider, this.neighbour];
  }
}

export class Netd {
  readonly socket: string;
  readonly child: ChildProcess;
  readonly #keep: (device: TunnelDevice) => void;
  #log = '';

  constructor(child: ChildProcess, socket: string, keep: (device: TunnelDevice) => void) {
    this.child = child;
    this.socket = socket;
    this.#keep = keep;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
  }

  get log(): string {
    return this.#log;
  }

  async ready(): Promise<void> {
    await until(
      'netd is ready',
      () => {
        if (this.child.exitCode !== null) throw new Error(`netd ended: ${this.#log}`);
        return this.#log.includes('ready') && existsSync(this.socket);
      },
      15_000,
    );
  }

  async connect(): Promise<TunnelDevice> {
    const device = await connectNetd(this.socket);
    this.#keep(device);
    return device;
  }
}

export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

export const CLIENT_TUNNEL = { address4: '100.77.3.4', address6: 'fd77:6172:7265::304' } as const;
export const GATEWAY = { address4: '100.64.0.1', address6: 'fd77:6172:7265::1' } as const;

export interface Pair {
  readonly client: TunnelDevice;
  readonly provider: TunnelDevice;
  readonly clientTunnel: string;
  readonly providerTunnel: string;
  readonly clientKeys: Keys;
  readonly providerKeys: Keys;
  readonly clientPort: number;
  readonly providerPort: number;
}

/** A client tunnel joined to a provider tunnel at their own WireGuard ports, handshake done. */
export async function join(
  client: TunnelDevice,
  provider: TunnelDevice,
  at: { readonly address4: string; readonly address6: string } = CLIENT_TUNNEL,
): Promise<Pair> {
  const clientKeys = keys();
  const providerKeys = keys();
  const presharedKey = randomBytes(32).toString('base64');
  const p = await provider.ask({
    verb: 'create',
    role: 'provider',
    privateKey: providerKeys.privateKey,
    ...GATEWAY,
    mtu: 1280,
  });
  const c = await client.ask({ verb: 'create', role: 'client', privateKey: clientKeys.privateKey, ...at, mtu: 1280 });
  await provider.ask({ verb: 'peer', tunnel: p.tunnel, publicKey: clientKeys.publicKey, presharedKey, ...at });
  await client.ask({
    verb: 'peer',
    tunnel: c.tunnel,
    publicKey: providerKeys.publicKey,
    presharedKey,
    endpoint: { address: PROVIDER4, port: p.listenPort },
    keepaliveSeconds: 25,
  });
  await until('the handshake', async () => {
    const { peers } = await client.ask({ verb: 'counters', tunnel: c.tunnel });
    return (peers[0]?.handshakeAt ?? 0) > 0;
  });
  return {
    client,
    provider,
    clientTunnel: c.tunnel,
    providerTunnel: p.tunnel,
    clientKeys,
    providerKeys,
    clientPort: c.listenPort,
    providerPort: p.listenPort,
  };
}
