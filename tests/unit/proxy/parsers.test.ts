/** The parsers that a hostile page or program can feed: authority, absolute-form, Basic, SOCKS5. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAbsolute, parseAuthority, parseHost } from '../../../native-host/local-proxy/authority.ts';
import { freshCredentials, matches, parseBasic } from '../../../native-host/local-proxy/credentials.ts';
import { REPLY, type SocksEvent, SocksParser } from '../../../native-host/local-proxy/socks.ts';
import { isForbiddenAddress, isForbiddenName } from '../../../native-host/local-proxy/targets.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.integer({ min: 1, max: 65535 });

describe('the authority of CONNECT', () => {
  test('reads every name and port as they stand', () => {
    fc.assert(
      fc.property(name, port, (host, number) => {
        expect(parseAuthority(`${host}:${number}`)).toEqual({ host, port: number });
      }),
    );
  });

  test('reads IPv4 and bracketed IPv6 literals', () => {
    expect(parseAuthority('93.184.216.34:443')).toEqual({ host: '93.184.216.34', port: 443 });
    expect(parseAuthority('[2606:2800:220:1::34]:443')).toEqual({ host: '2606:2800:220:1::34', port: 443 });
    fc.assert(fc.property(fc.ipV6(), port, (host, number) => parseAuthority(`[${host}]:${number}`)?.port === number));
  });

  test.each([
    'example.org',
    'example.org:',
    'example.org:0',
    'example.org:65536',
    ':443',
    'a b:443',
    'user@example.org:443',
    'example.org:443/path',
    '2606::1:443',
    '[2606::1]443',
    '[fe80::1%eth0]:80',
    '2130706433:80',
    '0x7f000001:80',
    '127.1:80',
    '0177.0.0.1:80',
    `${'a'.repeat(64)}.org:443`,
    'exa\nmple.org:443',
    'ex\u0000ample.org:443',
  ])('refuses %j', (text) => {
    expect(parseAuthority(text)).toBeNull();
  });

  test('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const target = parseAuthority(text);
        expect(target === null || (target.port > 0 && target.port < 65536 && target.host.length > 0)).toBe(true);
      }),
    );
  });

  test('drops the case and the final dot of a name', () => {
    expect(parseHost('WWW.Example.ORG.')).toBe('www.example.org');
  });
});

describe('the absolute form of a plain request', () => {
  test('is split into target and path', () => {
    expect(parseAbsolute('http://example.org/a?b=c')).toEqual({ host: 'example.org', port: 80, path: '/a?b=c' });
    expect(parseAbsolute('http://example.org:8080')).toEqual({ host: 'example.org', port: 8080, path: '/' });
    expect(parseAbsolute('http://[2606:2800:220:1::34]/')?.host).toBe('2606:2800:220:1::34');
  });

  test.each([
    '/',
    '*',
    'https://example.org/',
    'ftp://example.org/',
    'http://',
    'http://u:p@example.org/',
    'example.org/',
  ])('refuses %j', (text) => {
    expect(parseAbsolute(text)).toBeNull();
  });

  test('turns disguised loopback literals into their plain form, which is then forbidden', () => {
    for (const text of ['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/'])
      expect(isForbiddenAddress(parseAbsolute(text)?.host ?? '127.0.0.1')).toBe(true);
  });
});

describe('credentials', () => {
  test('are fresh each time and survive the way through Basic', () => {
    const own = freshCredentials();
    const field = `Basic ${Buffer.from(`${own.username}:${own.password}`).toString('base64')}`;
    const read = parseBasic(field);
    expect(read && matches(own, read)).toBe(true);
    expect(matches(own, freshCredentials())).toBe(false);
  });

  test('match only themselves', () => {
    const own = { username: 'name', password: 'word' };
    fc.assert(
      fc.property(fc.string(), fc.string(), (username, password) => {
        fc.pre(username !== own.username || password !== own.password);
        expect(matches(own, { username, password })).toBe(false);
      }),
    );
  });

  test('a field that is no Basic is none', () => {
    fc.assert(fc.property(fc.string(), (text) => parseBasic(`Bearer ${text}`) === null));
    expect(parseBasic(undefined)).toBeNull();
    expect(parseBasic(`Basic ${Buffer.from('nocolon').toString('base64')}`)).toBeNull();
  });
});

describe('forbidden targets', () => {
  test.each([
    '127.0.0.1',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is forbidden', (address) => expect(isForbiddenAddress(address)).toBe(true));
  test.each([
    '::1',
    '::',
    'fe80::1',
    'fd77:6172:7265::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'ff02::1',
  ])('%s is forbidden', (address) => expect(isForbiddenAddress(address)).toBe(true));
  test.each(['93.184.216.34', '84.128.0.2', '2606:2800:220:1::34'])('%s is allowed', (address) => {
    expect(isForbiddenAddress(address)).toBe(false);
  });
  test.each(['localhost', 'a.localhost', 'printer.local', 'router.lan', 'nas.home.arpa', 'x.onion'])(
    '%s is forbidden',
    (host) => expect(isForbiddenName(host)).toBe(true),
  );
  test('a name that only looks like one of them is not', () => {
    expect(isForbiddenName('notlocalhost.org')).toBe(false);
    expect(isForbiddenName('local.example')).toBe(false);
  });
});

/** What the parser makes of these bytes, in these pieces, if the credentials are fine. */
function dialogue(pieces: readonly Uint8Array[], accept = true): readonly SocksEvent[] {
  const parser = new SocksParser();
  const events: SocksEvent[] = [];
  const take = (more: readonly SocksEvent[]): void => {
    for (const event of more) {
      events.push(event);
      if (event.type === 'credentials') take(parser.judge(accept));
    }
  };
  for (const piece of pieces) take(parser.push(piece));
  return events;
}

function session(host: string, number: number, payload: Uint8Array): Uint8Array {
  const greeting = [5, 2, 0, 2];
  const auth = [1, 4, ...Buffer.from('name'), 4, ...Buffer.from('word')];
  const request = [5, 1, 0, 3, host.length, ...Buffer.from(host), number >> 8, number & 255];
  return Uint8Array.from([...greeting, ...auth, ...request, ...payload]);
}

/** The same events, with the payload's pieces apart from the request's. */
function summary(events: readonly SocksEvent[]): string {
  return JSON.stringify(events.map((e) => (e.type === 'connect' ? { type: e.type, target: e.target } : e)));
}

describe('the SOCKS5 parser', () => {
  test('says the same however the bytes are cut in two', () => {
    const bytes = session('example.org', 443, Buffer.from('payload'));
    const whole = summary(dialogue([bytes]));
    for (let at = 0; at <= bytes.length; at++)
      expect(summary(dialogue([bytes.subarray(0, at), bytes.subarray(at)]))).toBe(whole);
  });

  test('says the same when the bytes come one by one', () => {
    fc.assert(
      fc.property(name, port, (host, number) => {
        const bytes = session(host, number, new Uint8Array());
        const events = dialogue([...bytes].map((byte) => Uint8Array.of(byte)));
        expect(events.at(-1)).toMatchObject({ type: 'connect', target: { host, port: number } });
      }),
    );
  });

  test('hands over the payload that came with the request', () => {
    const events = dialogue([session('example.org', 80, Buffer.from('GET /'))]);
    const last = events.at(-1);
    expect(last?.type === 'connect' && Buffer.from(last.rest).toString()).toBe('GET /');
  });

  test('reads IPv4 and IPv6 addresses', () => {
    const upTo = session('x', 1, new Uint8Array()).subarray(0, 15);
    expect(dialogue([upTo, Uint8Array.of(5, 1, 0, 1, 93, 184, 216, 34, 1, 187)]).at(-1)).toMatchObject({
      target: { host: '93.184.216.34', port: 443 },
    });
    const six = Uint8Array.of(5, 1, 0, 4, 0x26, 6, 0x28, 0, 2, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 80);
    expect(dialogue([upTo, six]).at(-1)).toMatchObject({ target: { host: '2606:2800:220:1:0:0:0:34', port: 80 } });
  });

  test('refuses whoever offers no password, brings a wrong one, or wants more than CONNECT', () => {
    expect(dialogue([Uint8Array.of(5, 1, 0)]).at(-1)).toEqual({ type: 'fail', bytes: Uint8Array.of(5, 0xff) });
    const bytes = session('example.org', 443, new Uint8Array());
    expect(dialogue([bytes], false).at(-1)).toEqual({ type: 'fail', bytes: Uint8Array.of(1, 1) });
    const bind = Uint8Array.from(bytes);
    bind[16] = 2;
    const last = dialogue([bind]).at(-1);
    expect(last?.type === 'fail' && last.bytes[1]).toBe(REPLY.commandUnsupported);
  });

  test('never throws and always ends, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 }), (pieces) => {
        const events = dialogue([Uint8Array.of(5), ...pieces]);
        const ends = events.filter((event) => event.type === 'fail' || event.type === 'connect');
        expect(ends.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test('does not hold more than a dialogue can need', () => {
    const parser = new SocksParser();
    parser.push(Uint8Array.of(5, 1, 2));
    const events = parser.push(Uint8Array.from([1, 255, ...new Uint8Array(255), 255]));
    expect(events).toEqual([]);
    expect(parser.push(new Uint8Array(2000)).map((event) => event.type)).toEqual(['credentials', 'fail']);
    expect(parser.judge(true)).toEqual([]);
    expect(parser.push(Uint8Array.of(5))).toEqual([]);
  });
});
