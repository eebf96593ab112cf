/** Whose a UDP port is: nobody gets another user's packets, or another tunnel's, by asking netd for a splice. */
import type { ChildProcess } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Netd, NetdLab, stop, until } from './netd-lab.ts';

const GROUP = 4242;
const CALLER = fileURLToPath(new URL('./netd-programs/caller.ts', import.meta.url));
const lab = new NetdLab();
let netd: Netd;
let callers = 0;

beforeAll(async () => {
  await lab.up();
  chmodSync(lab.directory, 0o755);
  netd = await lab.netd(lab.client, 'client', String(GROUP));
});
afterAll(() => lab.down());

interface Said {
  readonly code: string;
  readonly message?: string;
  readonly tunnel?: string;
}

class Caller {
  readonly child: ChildProcess;
  readonly #lines: string[] = [];

  constructor(user: number, bound: readonly number[], spliced: readonly number[]) {
    const as = ['--reuid', String(user), '--regid', String(user), '--groups', String(GROUP)];
    const args = [CALLER, netd.socket, `100.81.0.${++callers}`, bound.join(), spliced.join()];
    this.child = lab.start(lab.client, 'setpriv', ...as, process.execPath, ...args);
    this.child.stdout?.on('data', (chunk: Buffer) => this.#lines.push(...chunk.toString().split('\n').filter(Boolean)));
  }

  async says(nth = 1): Promise<Said> {
    await until(`answer ${nth} of the caller`, () => this.#lines.length >= nth, 15_000);
    return JSON.parse(this.#lines[nth - 1] ?? '');
  }

  end = () => stop(this.child, 'SIGKILL');
}

/** The ports that a tunnel takes packets at, as the kernel has them. */
async function portsOf(tunnel = ''): Promise<readonly number[]> {
  const set = await lab.client.must('nft', 'list', 'set', 'inet', tunnel, 'splice_ports');
  return [...(/elements = \{([^}]*)\}/.exec(set)?.[1] ?? '').matchAll(/\d+/g)].map(Number);
}

test("a user's own port is spliced, one that nobody has is left out", async () => {
  const caller = new Caller(65_534, [41_001], [41_001, 41_002]);
  const said = await caller.says();
  expect(said).toMatchObject({ code: 'ok' });
  expect(await portsOf(said.tunnel)).toEqual([41_001]);
  await caller.end();
});

test("another user's port is refused, in IPv4 and in IPv6, whatever else is asked for", async () => {
  // The one that is held is root's, and bound to both families.
  const held = await lab.hold(lab.client, 41_010);
  const caller = new Caller(65_534, [41_011], [41_011, 41_010]);
  const said = await caller.says();
  expect(said).toMatchObject({ code: 'netd_refused', message: expect.stringContaining('41010') });
  expect(await portsOf(said.tunnel)).toEqual([]);
  await caller.end();
  // It is about the user, not about privilege: root may not have an ordinary user's either.
  const user = new Caller(65_534, [41_012], [41_012]);
  expect(await user.says()).toMatchObject({ code: 'ok' });
  const root = new Caller(0, [], [41_012]);
  expect(await root.says()).toMatchObject({ code: 'netd_refused' });
  for (const one of [user, root]) await one.end();
  await stop(held, 'SIGKILL');
});

test("another tunnel's port is refused, also to the same user: its spliced ones and WireGuard's own", async () => {
  const first = new Caller(0, [41_020], [41_020]);
  const { tunnel = '' } = await first.says();
  const again = new Caller(0, [], [41_020]);
  expect(await again.says()).toMatchObject({ code: 'netd_refused' });
  const listening = Number(await lab.client.must('wg', 'show', tunnel, 'listen-port'));
  const below = new Caller(0, [], [listening]);
  expect(await below.says()).toMatchObject({ code: 'netd_refused' });
  await first.end();
  // Free again once its owner is gone.
  await until('the port can be had', async () => {
    const next = new Caller(0, [41_020], [41_020]);
    const { code } = await next.says();
    await next.end();
    return code === 'ok';
  });
  for (const one of [again, below]) await one.end();
});

test('a port that becomes another user’s is let go within seconds', async () => {
  const caller = new Caller(65_534, [41_030, 41_031], [41_030, 41_031]);
  const { tunnel } = await caller.says();
  expect(await portsOf(tunnel)).toEqual([41_030, 41_031]);
  caller.child.kill('SIGUSR2');
  expect(await caller.says(2)).toEqual({ code: 'closed' });
  const held = await lab.hold(lab.client, 41_030);
  await until('the port is let go', async () => !(await portsOf(tunnel)).includes(41_030), 10_000);
  expect(await portsOf(tunnel)).toEqual([41_031]);
  await caller.end();
  await stop(held, 'SIGKILL');
});

test('no tunnel moves to a port of the system', async () => {
  const device = await netd.connect();
  const create = { verb: 'create', role: 'client', address4: '100.81.1.1', address6: 'fd77:6172:7265::8111' } as const;
  const privateKey = Buffer.alloc(32, 9).toString('base64');
  const { tunnel } = await device.ask({ ...create, privateKey, mtu: 1280 });
  await expect(device.ask({ verb: 'rebind', tunnel, port: 53 })).rejects.toMatchObject({ code: 'netd_refused' });
  await device.close();
});
