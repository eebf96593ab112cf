/** What the owner writes about names: whom to ask, and what to answer to nobody. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBlocked, parseBlockList } from '../../../provider/dns/block-list.ts';
import { framed, Unframer } from '../../../provider/dns/framing.ts';
import { DEFAULT_SERVERS, isServerEntry, upstreamServers } from '../../../provider/dns/servers.ts';
import { parseConfig } from '../../../provider/settings/parse.ts';

describe('whom to ask', () => {
  it('is over TLS with a name, in plain text without one', async () => {
    expect(await upstreamServers(['9.9.9.9#dns.quad9.net', '192.168.1.1', '2620:fe::fe#dns.quad9.net'])).toEqual([
      { address: '9.9.9.9', port: 853, tlsName: 'dns.quad9.net' },
      { address: '192.168.1.1', port: 53 },
      { address: '2620:fe::fe', port: 853, tlsName: 'dns.quad9.net' },
    ]);
  });

  it('is over TLS where the owner says nothing', async () => {
    const { upstreamDns } = parseConfig({ network: 'n', keystore: 'k' });
    expect(upstreamDns).toEqual(DEFAULT_SERVERS);
    for (const { tlsName } of await upstreamServers(upstreamDns)) expect(tlsName).toBeDefined();
  });

  it.each(['', 'dns.quad9.net', '9.9.9.9#', '9.9.9.9#a b', '9.9.9.9#x', '9.9.9.9#a.b#c', '1.2.3#a.example', 'System'])(
    '%j is refused',
    (entry) => {
      expect(isServerEntry(entry)).toBe(false);
      expect(() => parseConfig({ network: 'n', keystore: 'k', upstreamDns: [entry] })).toThrow('upstreamDns');
    },
  );
});

describe('a list of blocked names', () => {
  const list = parseBlockList(
    [
      '# a comment',
      '127.0.0.1 localhost',
      '0.0.0.0 ads.example tracker.example # two of them',
      '::1 six.example',
      'Casino.Example.',
      '*.wild.example',
      '  .dot.example  ',
      '1.2.3.4',
    ].join('\r\n'),
  );

  it.each([
    'ads.example',
    'www.ads.example',
    'TRACKER.example.',
    'six.example',
    'a.b.casino.example',
    'x.wild.example',
  ])('holds %s', (name) => expect(isBlocked(list, name)).toBe(true));

  it.each(['example', 'nads.example', 'ads.example.org', 'localhost', '1.2.3.4', '', 'dot.example.net'])(
    'does not hold %j',
    (name) => expect(isBlocked(list, name)).toBe(false),
  );

  it('never throws on a name or a line of any form', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (text, name) => void isBlocked(parseBlockList(text), name)));
  });
});

describe('messages on a stream', () => {
  it('come out as they went in, however they are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(30), { maxLength: 20 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(framed));
        const unframer = new Unframer();
        const got: Buffer[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          got.push(...unframer.push(bytes.subarray(at, at + cut)));
          at = Math.min(bytes.length, at + cut);
        }
        expect(got.map((message) => [...message])).toEqual(sent.map((message) => [...message]));
      }),
    );
  });
});
