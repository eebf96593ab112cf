import { describe, expect, test } from 'vitest';
import {
  PortMapping,
  type PortMappingInput,
  type PortMappingOutput,
} from '../../../shared/machine/traversal/port-mapping/port-mapping.ts';
import { decodePortControl, encodePcpMap, encodePmpAddress, encodePmpMap } from '../../../shared/wire/port-control.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const NONCE = Uint8Array.from({ length: 12 }, (_, n) => n + 1);
const REQUEST = { client: '192.168.1.2', nonce: NONCE, port: 5000, lifetime: 7200 };

/** What a router answers to a PCP MAP request. */
function pcpAnswer(
  request: Uint8Array,
  { result = 0, address = [90, 54, 12, 7], port = 6000, lifetime = 3600 } = {},
): Uint8Array {
  const answer = request.slice();
  const view = new DataView(answer.buffer);
  answer.set([2, 0x81, 0, result]);
  view.setUint32(4, lifetime);
  answer.fill(0, 8, 24);
  view.setUint16(42, port);
  answer.set(address, 56);
  return answer;
}

const pmpPort = Uint8Array.of(0, 0x81, 0, 0, 0, 0, 0, 9, 0x13, 0x88, 0x17, 0x70, 0, 0, 0x0e, 0x10);
const pmpAddress = Uint8Array.of(0, 0x80, 0, 0, 0, 0, 0, 9, 90, 54, 12, 7);

describe('the messages', () => {
  test('a MAP request is 60 bytes as RFC 6887 §11.1 draws them', () => {
    const bytes = encodePcpMap(REQUEST);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      [
        '02010000' + '00001c20' + '00000000000000000000ffffc0a80102',
        '0102030405060708090a0b0c' + '11000000' + '13881388' + '00000000000000000000ffff00000000',
      ].join(''),
    );
  });

  test('NAT-PMP asks for the port and for the address (RFC 6886 §3.2, §3.3)', () => {
    expect([...encodePmpMap(REQUEST)]).toEqual([0, 1, 0, 0, 0x13, 0x88, 0x13, 0x88, 0, 0, 0x1c, 0x20]);
    expect([...encodePmpMap({ port: 5000, lifetime: 0 })]).toEqual([0, 1, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 0, 0]);
    expect([...encodePmpAddress()]).toEqual([0, 0]);
  });

  test('an answer counts with our nonce, our port and an IPv4 address only', () => {
    const good = pcpAnswer(encodePcpMap(REQUEST));
    const external = { address: '90.54.12.7', port: 6000 };
    expect(decodePortControl(good, REQUEST)).toEqual({ type: 'mapped', external, lifetime: 3600 });
    for (const at of [1, 24, 36, 40, 46]) {
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ 0x40;
      expect(decodePortControl(bad, REQUEST)?.type ?? null).not.toBe('mapped');
    }
    expect(decodePortControl(good.subarray(0, 59), REQUEST)).toBeNull();
    expect(decodePortControl(encodePcpMap(REQUEST), REQUEST)).toBeNull();
    expect(decodePortControl(Uint8Array.of(0, 0x81, 0, 1, 0, 0, 0, 0), REQUEST)).toEqual({ type: 'elder' });
    expect(decodePortControl(pmpPort, REQUEST)).toEqual({ type: 'port', port: 6000, lifetime: 3600 });
    expect(decodePortControl(pmpAddress, REQUEST)).toEqual({ type: 'address', address: '90.54.12.7' });
  });
});

describe('the machine', () => {
  function machine() {
    const mapping = new PortMapping({ client: '192.168.1.2', port: 5000, random: createFakeRandom(5) });
    let now = 0;
    const feed = (input: PortMappingInput) => mapping.handle(input, now);
    const sent = (outputs: readonly PortMappingOutput[]) =>
      outputs.flatMap((output) => (output.type === 'send' ? [output.packet] : []));
    const externals = (outputs: readonly PortMappingOutput[]) =>
      outputs.flatMap((output) => (output.type === 'external' ? [output.external] : []));
    /** Lets time pass up to `until`, tick by tick. */
    const pass = (until: number): PortMappingOutput[] => {
      const out: PortMappingOutput[] = [];
      for (let next = mapping.deadline(); next && next.at <= until; next = mapping.deadline()) {
        now = next.at;
        out.push(...mapping.handle({ type: 'tick' }, now));
      }
      now = until;
      return out;
    };
    return { feed, sent, externals, pass, now: () => now };
  }

  test('has a port within one question, renews it at half its life, and gives it back', () => {
    const { feed, sent, externals, pass } = machine();
    const [request = new Uint8Array()] = sent(feed({ type: 'start' }));
    expect(externals(feed({ type: 'packet', packet: pcpAnswer(request) }))).toEqual([
      { address: '90.54.12.7', port: 6000 },
    ]);
    expect(sent(pass(1_799_000))).toEqual([]);
    const [renewal = new Uint8Array()] = sent(pass(1_800_000));
    expect(externals(feed({ type: 'packet', packet: pcpAnswer(renewal) }))).toEqual([]);
    const [end] = sent(feed({ type: 'stop' }));
    expect([...(end?.subarray(4, 8) ?? [])]).toEqual([0, 0, 0, 0]);
  });

  test('speaks NAT-PMP to a router that knows nothing younger', () => {
    const { feed, sent, externals } = machine();
    feed({ type: 'start' });
    const asked = sent(feed({ type: 'packet', packet: Uint8Array.of(0, 0x81, 0, 1, 0, 0, 0, 0) }));
    expect(asked.map((packet) => packet.length)).toEqual([12, 2]);
    expect(externals(feed({ type: 'packet', packet: pmpAddress }))).toEqual([]);
    expect(externals(feed({ type: 'packet', packet: pmpPort }))).toEqual([{ address: '90.54.12.7', port: 6000 }]);
  });

  test('a silent router is asked four times, and again after five minutes', () => {
    const { feed, sent, externals, pass } = machine();
    expect(sent(feed({ type: 'start' }))).toHaveLength(1);
    const outputs = pass(10_000);
    expect(sent(outputs)).toHaveLength(3);
    expect(externals(outputs)).toEqual([null]);
    expect(sent(pass(300_000))).toEqual([]);
    expect(sent(pass(304_000)).length).toBeGreaterThan(0);
  });

  test('a closed port is an answer at once; so is a router whose own address is private', () => {
    const closed = machine();
    closed.feed({ type: 'start' });
    expect(closed.externals(closed.feed({ type: 'refused' }))).toEqual([null]);
    const behind = machine();
    const [request = new Uint8Array()] = behind.sent(behind.feed({ type: 'start' }));
    const packet = pcpAnswer(request, { address: [100, 64, 1, 2] });
    const outputs = behind.feed({ type: 'packet', packet });
    expect(behind.externals(outputs)).toEqual([null]);
    // The useless mapping is given back at once.
    expect(behind.sent(outputs).map((deletion) => [...deletion.subarray(4, 8)])).toEqual([[0, 0, 0, 0]]);
    expect(behind.sent(behind.feed({ type: 'stop' }))).toEqual([]);
  });

  test('a short lease is renewed before it ends', () => {
    const { feed, sent, pass } = machine();
    const [request = new Uint8Array()] = sent(feed({ type: 'start' }));
    feed({ type: 'packet', packet: pcpAnswer(request, { lifetime: 20 }) });
    expect(sent(pass(9_999))).toEqual([]);
    expect(sent(pass(10_000))).toHaveLength(1);
  });

  test('a NAT-PMP port whose address never came is given back too', () => {
    const { feed, sent } = machine();
    feed({ type: 'start' });
    feed({ type: 'packet', packet: Uint8Array.of(0, 0x81, 0, 1, 0, 0, 0, 0) });
    feed({ type: 'packet', packet: pmpPort });
    const [end] = sent(feed({ type: 'stop' }));
    expect([...(end?.subarray(6) ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a mapping whose renewal is refused is used until it ends', () => {
    const { feed, sent, externals, pass } = machine();
    const [request = new Uint8Array()] = sent(feed({ type: 'start' }));
    feed({ type: 'packet', packet: pcpAnswer(request, { lifetime: 120 }) });
    pass(60_000);
    expect(externals(feed({ type: 'packet', packet: pcpAnswer(request, { result: 8 }) }))).toEqual([]);
    expect(externals(pass(800_000))).toEqual([null]);
  });
});
