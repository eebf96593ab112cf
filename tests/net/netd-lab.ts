/**
 * A small world for netd: a client, a provider with a LAN neighbour, and an internet with one web address,
 * each in a network namespace of its own, all removed at the end. Addresses look public and never leave.
 *
 *   client 90.0.0.2 ── internet (93.184.216.34) ── 84.128.0.2 provider 192.168.2.2 ── 192.168.2.50 neighbour
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TunnelDevice } from '../../shared/effects.ts';
import { connectNetd } from '../../shared/node/netd-client.ts';
import { MEMORY } from '../memory.ts';
import { PATIENCE } from '../patience.ts';

export const WEB4 = '93.184.216.34';
export const WEB6 = '2606:2800:220:1::34';
export const CLIENT4 = '90.0.0.2';
export const PROVIDER4 = '84.128.0.2';
export const PROVIDER_LAN4 = '192.168.2.2';
export const NEIGHBOUR4 = '192.168.2.50';

const PROBE = fileURLToPath(new URL('./netd-programs/probe.ts', import.meta.url));
const GUARDIAN = fileURLToPath(new URL('./netd-guardian.ts', import.meta.url));
const NETD = fileURLToPath(new URL('../../native-host/netd/main.ts', import.meta.url));

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

export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
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
    return (await this.must(process.execPath, PROBE, protocol, local, host, String(port))).trim();
  }
}

export class NetdLab {
  readonly client: Namespace;
  readonly provider: Namespace;
  readonly internet: Namespace;
  readonly neighbour: Namespace;
  readonly directory: string;
  readonly #guardian: ChildProcess;
  readonly #children = new Set<ChildProcess>();
  readonly #devices = new Set<TunnelDevice>();

  constructor() {
    const id = `wnd${randomBytes(3).toString('hex')}`;
    this.client = new Namespace(`${id}c`);
    this.provider = new Namespace(`${id}p`);
    this.internet = new Namespace(`${id}i`);
    this.neighbour = new Namespace(`${id}n`);
    this.directory = mkdtempSync(`${MEMORY}/warren-netd-`);
    const names = this.#spaces.map((space) => space.name);
    this.#guardian = spawn(process.execPath, [GUARDIAN, this.directory, ...names], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  async up(): Promise<void> {
    for (const space of this.#spaces) {
      await must('ip', ['netns', 'add', space.name]);
      await must('ip', ['-n', space.name, 'link', 'set', 'lo', 'up']);
      await space.must('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.default.accept_dad=0');
    }
    await this.#wire(this.internet, 'cli', ['90.0.0.1/24', '2a01:cb00::1/64'], this.client, 'wan', [
      `${CLIENT4}/24`,
      '2a01:cb00::2/64',
    ]);
    await this.#wire(this.internet, 'pro', ['84.128.0.1/24', '2003:e1::1/64'], this.provider, 'wan', [
      `${PROVIDER4}/24`,
      '2003:e1::2/64',
    ]);
    await this.#wire(this.provider, 'lan', [`${PROVIDER_LAN4}/24`], this.neighbour, 'lan', [`${NEIGHBOUR4}/24`]);
    await this.internet.must('ip', 'address', 'add', `${WEB4}/32`, 'dev', 'lo');
    await this.internet.must('ip', 'address', 'add', `${WEB6}/128`, 'dev', 'lo');
    await this.internet.must('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    await this.client.must('ip', 'route', 'add', 'default', 'via', '90.0.0.1');
    await this.client.must('ip', '-6', 'route', 'add', 'default', 'via', '2a01:cb00::1');
    await this.provider.must('ip', 'route', 'add', 'default', 'via', '84.128.0.1');
    await this.provider.must('ip', '-6', 'route', 'add', 'default', 'via', '2003:e1::1');
    await this.echo(this.internet, 'tcp', 80);
    await this.echo(this.internet, 'udp', 80, WEB4);
    await this.echo(this.neighbour, 'tcp', 80);
    // A new link may take a moment to carry its first packet.
    await until('the client reaches the web', async () => (await this.client.reach('tcp', CLIENT4, WEB4, 80)) === 'ok');
    await until('the provider reaches its LAN', async () => {
      return (await this.provider.reach('tcp', PROVIDER_LAN4, NEIGHBOUR4, 80)) === 'ok';
    });
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
  async probe(space: Namespace, ...args: readonly string[]): Promise<ChildProcess> {
    const child = this.start(space, process.execPath, PROBE, ...args);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`probe ${args.join(' ')} ended with ${code}`)));
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
  async report(child: ChildProcess): Promise<Record<string, number>> {
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
    const released = once(this.#guardian, 'exit');
    this.#guardian.stdin?.end();
    await released;
  }

  get #spaces(): readonly Namespace[] {
    return [this.internet, this.client, this.provider, this.neighbour];
  }

  async #wire(
    a: Namespace,
    linkA: string,
    addressesA: readonly string[],
    b: Namespace,
    linkB: string,
    addressesB: readonly string[],
  ): Promise<void> {
    await must('ip', ['-n', a.name, 'link', 'add', linkA, 'type', 'veth', 'peer', 'name', linkB, 'netns', b.name]);
    for (const [space, link, addresses] of [
      [a, linkA, addressesA],
      [b, linkB, addressesB],
    ] as const) {
      for (const address of addresses)
        await must('ip', [
          '-n',
          space.name,
          'address',
          'add',
          address,
          'dev',
          link,
          ...(address.includes(':') ? ['nodad'] : []),
        ]);
      await must('ip', ['-n', space.name, 'link', 'set', link, 'up']);
    }
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

export interface Keys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A WireGuard key pair, base64: the raw X25519 keys at the end of their DER. */
export function keys(): Keys {
  const { privateKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return {
    privateKey: der.subarray(-32).toString('base64'),
    publicKey: publicDer.subarray(-32).toString('base64'),
  };
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
