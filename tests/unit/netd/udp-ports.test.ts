import { describe, expect, it } from 'vitest';
import { parseSockets, permitted, type SpliceBody, stillOwn } from '../../../native-host/netd/udp-ports.ts';

const USER = 1000;
const remote = { address: '84.128.0.2', port: 7 };
const body = (accept: number[], send: number, from: number[] = []): SpliceBody => ({
  verb: 'splice',
  tunnel: 'wrn00000000',
  accept,
  send,
  routes: from.map((port) => ({ remote, from: port })),
});
const owners = (...sockets: readonly (readonly [number, number])[]) => {
  const found = new Map<number, Set<number>>();
  for (const [port, user] of sockets) found.set(port, (found.get(port) ?? new Set()).add(user));
  return found;
};
const refused = expect.objectContaining({ code: 'netd_refused' });

describe("the kernel's list of UDP sockets", () => {
  it('gives port and user of both families', () => {
    const text = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1049: 0100007F:9C41 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 18423 2 0000000000000000 0
  112: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0000000000000000 0
`;
    expect(parseSockets(text)).toEqual([
      { port: 40_001, user: 1000 },
      { port: 53, user: 0 },
    ]);
    expect(parseSockets('')).toEqual([]);
  });
});

describe('a splice', () => {
  const mine = owners([1, USER], [2, USER], [3, 0]);

  it('may have the ports of its caller', () => {
    expect(permitted(body([1, 2], 1, [2]), USER, mine, new Set())).toEqual(body([1, 2], 1, [2]));
  });

  it.each([
    ['accepted at', body([1, 3], 1)],
    ['sent from', body([1], 3)],
    ['routed from', body([1], 1, [3])],
  ])("is refused when another user's port would be %s", (_how, wanted) => {
    expect(() => permitted(wanted, USER, mine, new Set())).toThrow(refused);
  });

  it('is refused when a second user has a socket on the port as well', () => {
    expect(() => permitted(body([1], 1), USER, owners([1, USER], [1, 7]), new Set())).toThrow(refused);
  });

  it("is refused another tunnel's port", () => {
    expect(() => permitted(body([1, 2], 1), USER, mine, new Set([2]))).toThrow(refused);
  });

  it('goes without ports that nobody has any more', () => {
    expect(permitted(body([9, 2], 9, [9, 2]), USER, mine, new Set())).toEqual(body([2], 2, [2]));
    expect(permitted(body([9], 9), USER, mine, new Set()).accept).toEqual([]);
  });

  it('loses a port later that has become another user’s, and only that', () => {
    expect(stillOwn(body([1, 2], 1, [1, 2]), USER, owners([1, 7], [2, USER]))).toEqual(body([2], 2, [2]));
    expect(stillOwn(body([1, 2], 1), USER, owners([2, USER]))).toBeNull();
  });
});
