/** The texts that netd writes and reads: rules for nft, requests and answers of WireGuard. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { egressRules } from '../../../native-host/netd/egress.ts';
import { gateRules } from '../../../native-host/netd/gate.ts';
import { NO_SPLICE, spliceOf, spliceRules } from '../../../native-host/netd/splice.ts';
import { deviceRequest, parsePeers, peerRequest } from '../../../native-host/netd/uapi.ts';
import { formatEndpoint, parseEndpoint } from '../../../native-host/netd/wireguard.ts';
import { parseDump } from '../../../native-host/netd/wireguard-tool.ts';
import { LineSplitter, LineTooLong } from '../../../shared/node/lines.ts';

const LINK = 'wrn00c0ffee';
const KEY = Buffer.alloc(32, 7).toString('base64');

describe('the line splitter', () => {
  test('gives the same lines however the bytes are cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 30 }).map((s) => s.replaceAll('\n', '')),
          { maxLength: 10 },
        ),
        pieces,
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const splitter = new LineSplitter(1000);
          const got: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            got.push(...splitter.push(bytes.subarray(at, at + cut.length)));
            at += cut.length;
          }
          got.push(...splitter.push(bytes.subarray(at)));
          expect(got).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')));
        },
      ),
    );
  });

  test('holds no more than the limit', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('0123456789'))).toEqual([]);
    expect(() => splitter.push(Buffer.from('0'))).toThrow(LineTooLong);
  });
});

describe('endpoints', () => {
  test('survive being written and read', () => {
    const address = fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '::1'));
    fc.assert(
      fc.property(address, fc.integer({ min: 1, max: 65535 }), (host, port) => {
        expect(parseEndpoint(formatEndpoint({ address: host, port }))).toEqual({ address: host, port });
      }),
    );
  });

  test('that are none read as null', () => {
    expect(parseEndpoint('(none)')).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => typeof parseEndpoint(text) === 'object'));
  });
});

describe('the control protocol of WireGuard', () => {
  test('a peer is one transaction, in the order that wireguard-go wants', () => {
    // A peer that is there keeps its ranges untouched: replacing them loses what is under way.
    expect(peerRequest({ publicKey: KEY, keepaliveSeconds: 25 })).not.toContain('allowed');
    expect(peerRequest({ publicKey: KEY, allowedIps: ['0.0.0.0/0'], keepaliveSeconds: 25 })).toBe(
      `set=1\npublic_key=${'07'.repeat(32)}\npersistent_keepalive_interval=25\nreplace_allowed_ips=true\nallowed_ip=0.0.0.0/0\n\n`,
    );
    expect(deviceRequest({ listenPort: 0 })).toBe('set=1\nlisten_port=0\n\n');
  });

  test('handshake times keep their milliseconds', () => {
    const lines = [
      ['private_key', '00'.repeat(32)],
      ['public_key', '07'.repeat(32)],
      ['endpoint', '84.128.0.2:40000'],
      ['last_handshake_time_sec', '1700000000'],
      ['last_handshake_time_nsec', '123456789'],
      ['rx_bytes', '148'],
      ['tx_bytes', '92'],
    ] as const;
    expect(parsePeers(lines)).toEqual([
      {
        publicKey: KEY,
        endpoint: { address: '84.128.0.2', port: 40000 },
        handshakeAt: 1700000000123,
        rxBytes: 148,
        txBytes: 92,
      },
    ]);
  });

  test('the dump of wg(8) gives the peers and never the private key', () => {
    const dump = `PRIVATE\tPUBLIC\t40000\toff\n${KEY}\t(none)\t(none)\t100.77.0.2/32\t0\t5\t6\toff\n`;
    expect(parseDump(dump)).toEqual([{ publicKey: KEY, endpoint: null, handshakeAt: 0, rxBytes: 5, txBytes: 6 }]);
  });
});

describe('rules for nft', () => {
  test('the splice drops what comes to the hidden port before it rewrites anything to it', () => {
    const rules = spliceRules(LINK, 51820, spliceOf([40000, 40001], 40001, [], 8), NO_SPLICE);
    expect(rules.indexOf('udp dport 51820 drop')).toBeLessThan(rules.indexOf('udp dport set 51820'));
    expect(rules).toContain('udp sport 51820 udp sport set 40001');
    expect(rules).toContain(`add element inet ${LINK} splice_ports { 40000, 40001 }`);
  });

  test('a splice that changes writes no more than what changed', () => {
    const route = (port: number, from: number) => ({ remote: { address: '84.128.0.2', port }, from });
    const before = spliceOf([40000], 40000, [route(1, 40000), route(2, 40000)], 8);
    const after = spliceOf([40000, 40001], 40000, [route(1, 40000), route(2, 40001)], 8);
    expect(spliceRules(LINK, 51820, after, before).split('\n')).toEqual([
      `add element inet ${LINK} splice_ports { 40001 }`,
      `delete element inet ${LINK} splice_from4 { 84.128.0.2 . 2 : 40000 }`,
      `add element inet ${LINK} splice_from4 { 84.128.0.2 . 2 : 40001 }`,
      '',
    ]);
    expect(spliceRules(LINK, 51820, after, after)).toBe('');
  });

  test('two routes to one remote are refused, also when they are spelled differently', () => {
    const routes = ['2001:db8::1', '2001:0DB8:0::1'].map((address) => ({ remote: { address, port: 1 }, from: 2 }));
    expect(() => spliceOf([2], 2, routes, 8)).toThrow(expect.objectContaining({ code: 'netd_refused' }));
    expect(() => spliceOf([1, 2, 3], 2, [], 2)).toThrow(expect.objectContaining({ code: 'netd_refused' }));
  });

  test('the gate is looked up before anything else, in both directions', () => {
    const rules = egressRules(LINK, { forbid: ['84.128.0.2'], blockedTcpPorts: [25] }, null).split('\n');
    for (const chain of ['up', 'down']) {
      const own = rules.filter((rule) => rule.startsWith(`add rule inet ${LINK} ${chain} `));
      expect(own[0]).toMatch(/ip [sd]addr != @open4 drop$/);
      expect(own[1]).toMatch(/ip6 [sd]addr != @open6 drop$/);
      expect(own.at(-1)).toMatch(/ accept$/);
    }
  });

  test('closing a gate that was never opened is no error for nft', () => {
    const lines = gateRules(LINK, '100.77.0.2', 'fd77:6172:7265::2', false).split('\n');
    expect(lines[0]).toMatch(/^add element/);
    expect(lines[1]).toMatch(/^delete element/);
  });

  test('whatever a caller forbids, nothing but addresses reaches nft', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[0-9a-f.:/]{1,40}$/), { maxLength: 5 }), (forbid) => {
        let rules = '';
        try {
          rules = egressRules(LINK, { forbid, blockedTcpPorts: [] }, null);
        } catch (error) {
          expect(error).toMatchObject({ code: 'netd_refused' });
          return;
        }
        for (const [, elements = ''] of rules.matchAll(/forbid[46] \{ (.*) \}/g))
          expect(elements).toMatch(/^[0-9a-f.:/, ]+$/);
      }),
    );
  });
});
