/**
 * Hostile lines for netd's socket, from a seed: noise, damaged requests, requests made of wrong parts, and sound
 * requests about somebody else's tunnel. None of them may ever be granted.
 */
import { randomInt } from 'node:crypto';

/** mulberry32: small, even enough, and the same again for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export const freshSeed = (): number => randomInt(2 ** 31);

const KEY = Buffer.alloc(32, 7).toString('base64');

/** One sound request of each verb that needs a tunnel. */
const requests = (tunnel: string): readonly Record<string, unknown>[] => [
  { verb: 'peer', tunnel, publicKey: KEY, endpoint: { address: '9.9.9.9', port: 4 }, keepaliveSeconds: 25 },
  { verb: 'peer', tunnel, publicKey: KEY, presharedKey: KEY, address4: '100.70.0.9', address6: 'fd77:6172:7265::9' },
  { verb: 'unpeer', tunnel, publicKey: KEY },
  { verb: 'splice', tunnel, accept: [40000], send: 40000, routes: [{ remote: { address: '::1', port: 9 }, from: 2 }] },
  { verb: 'splice', tunnel, accept: [], send: 40000 },
  { verb: 'rebind', tunnel, port: 40000 },
  { verb: 'counters', tunnel },
  { verb: 'egress', tunnel, forbid: ['84.128.0.0/16'], blockedTcpPorts: [25], perClientKbps: 9, totalKbps: 99 },
  { verb: 'gate', tunnel, address4: '100.70.0.9', address6: 'fd77:6172:7265::9', open: true },
  { verb: 'destroy', tunnel },
];

const FIELDS = [
  ...['verb', 'tunnel', 'role', 'privateKey', 'publicKey', 'presharedKey', 'address4', 'address6', 'mtu', 'port'],
  ...[
    'accept',
    'send',
    'routes',
    'open',
    'forbid',
    'endpoint',
    'blockedTcpPorts',
    'totalKbps',
    '__proto__',
    'toString',
  ],
];
const VERBS = ['hello', 'peer', 'unpeer', 'splice', 'rebind', 'counters', 'egress', 'gate', 'destroy', 'exec', ''];

/** Among them no sound pair of addresses with a key and a size: nothing here adds up to a `create`. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 65_536, 2 ** 53, 1e308, '', ' ', '\u0000', '\u202e', '💥', 'a'.repeat(5_000)],
  ...['wrn00000000', 'wrn', 'eth0', 'lo', '-h', '--', '../../etc/passwd', '$(id)', '`id`', ';reboot', '|| true', KEY],
  ...['0.0.0.0/0 }; flush ruleset', '127.0.0.1', '100.64.0.1', '::', 'fd77:6172:7265::1; x', '1.2.3.4/99', 'client'],
  ...[[], {}, [[]], [null], [1, '1', {}], { verb: 'destroy' }, Array(2_000).fill(1), { length: 9 }],
];

/** @param victim a tunnel of another connection. */
export function hostileLine(random: (below: number) => number, victim: string): Buffer {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const id = random(1_000_000);
  const kind = random(10);
  if (kind < 2) return noise(random, 1 + random(200));
  const sound = JSON.stringify({ id, body: pick(requests(victim)) });
  if (kind < 5) return damaged(random, Buffer.from(sound));
  if (kind < 6) return Buffer.from(sound);
  if (kind < 7) return Buffer.from('[{"a":'[random(2)]?.repeat(1 + random(3_000)) ?? '');
  const body: Record<string, unknown> = { verb: pick(VERBS) };
  for (let i = random(8); i > 0; i--) body[pick(FIELDS)] = random(4) === 0 ? victim : pick(VALUES);
  return Buffer.from(JSON.stringify(random(3) === 0 ? { id: pick(VALUES), body } : { id, body }));
}

function noise(random: (below: number) => number, length: number): Buffer {
  return withoutBreaks(Buffer.from(Array.from({ length }, () => random(256))));
}

/** A few bytes changed, a piece cut out, or a piece twice. */
function damaged(random: (below: number) => number, line: Buffer): Buffer {
  const at = random(line.length);
  const to = at + 1 + random(8);
  const kind = random(3);
  if (kind === 0) return Buffer.concat([line.subarray(0, at), line.subarray(to)]);
  if (kind === 1) return Buffer.concat([line.subarray(0, to), line.subarray(at)]);
  const changed = Buffer.from(line);
  for (let i = at; i < Math.min(to, line.length); i++) changed[i] = random(256);
  return withoutBreaks(changed);
}

function withoutBreaks(bytes: Buffer): Buffer {
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i)) bytes[i] = 32;
  return bytes;
}
