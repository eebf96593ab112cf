import { describe, expect, test } from 'vitest';
import { IgdMapping, type IgdMappingInput } from '../../../shared/machine/traversal/port-mapping/igd-mapping.ts';
import { igdCall, igdExternalAddress, igdLocation, igdSearch, igdService } from '../../../shared/wire/igd.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const ROUTER = '192.168.1.1';
const LOCATION = new URL('http://192.168.1.1:5000/rootDesc.xml');
const service = (type: string, control: string) =>
  `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>${control}</controlURL></service>`;

describe('finding the router', () => {
  test('asks everybody who is an internet gateway', () => {
    expect(igdSearch('239.255.255.250').split('\r\n')).toEqual([
      'M-SEARCH * HTTP/1.1',
      'HOST: 239.255.255.250:1900',
      'MAN: "ssdp:discover"',
      'MX: 1',
      'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
      '',
      '',
    ]);
  });

  test('takes a description from the router itself only', () => {
    const answer = (url: string) => `HTTP/1.1 200 OK\r\nEXT:\r\nLocation: ${url}\r\n\r\n`;
    expect(igdLocation(answer(LOCATION.href), ROUTER)?.href).toBe(LOCATION.href);
    for (const url of ['http://192.168.1.9:5000/x', 'https://192.168.1.1/x', 'http://a@192.168.1.1/', 'nonsense', ''])
      expect(igdLocation(answer(url), ROUTER)).toBeNull();
    expect(igdLocation(answer(LOCATION.href).replace('200', '404'), ROUTER)).toBeNull();
  });

  test('prefers the later service, and none that lies elsewhere', () => {
    const both = service('WANIPConnection:1', '/one') + service('WANIPConnection:2', '/two');
    expect(igdService(both, LOCATION)?.control.href).toBe('http://192.168.1.1:5000/two');
    expect(igdService(service('WANPPPConnection:1', 'ppp'), LOCATION)).toEqual({
      type: 'urn:schemas-upnp-org:service:WANPPPConnection:1',
      control: new URL('http://192.168.1.1:5000/ppp'),
    });
    const odd = [
      service('WANIPConnection:1', 'http://127.0.0.1:8545/'),
      service('Layer3Forwarding:1', '/l'),
      '<service>',
    ];
    for (const text of odd) expect(igdService(text, LOCATION)).toBeNull();
  });

  test('speaks SOAP, and reads the address', () => {
    const call = igdCall('urn:x:1', 'DeletePortMapping', { NewExternalPort: 5000, NewProtocol: 'UDP' });
    expect(call).toContain(
      '<u:DeletePortMapping xmlns:u="urn:x:1"><NewExternalPort>5000</NewExternalPort><NewProtocol>UDP</NewProtocol></u:DeletePortMapping>',
    );
    expect(igdExternalAddress('<NewExternalIPAddress>90.54.12.7</NewExternalIPAddress>')).toBe('90.54.12.7');
    expect(igdExternalAddress('<NewExternalIPAddress></NewExternalIPAddress>')).toBeNull();
  });
});

describe('the mapping', () => {
  const external = { address: '90.54.12.7', port: 5000 };
  function scene() {
    const machine = new IgdMapping({ port: 5000, random: createFakeRandom(3) });
    const feed = (input: IgdMappingInput | { readonly type: 'tick' }, now = 0) => machine.handle(input, now);
    return { machine, feed };
  }

  test('is renewed at half its life, and given back', () => {
    const { machine, feed } = scene();
    expect(feed({ type: 'start' })).toEqual([{ type: 'map', externalPort: 5000, lifetime: 3600 }]);
    expect(feed({ type: 'mapped', external })).toEqual([{ type: 'external', external }]);
    expect(machine.deadline()?.at).toBe(1_800_000);
    expect(feed({ type: 'tick' }, 1_800_000)).toEqual([{ type: 'map', externalPort: 5000, lifetime: 3600 }]);
    expect(feed({ type: 'mapped', external }, 1_800_010)).toEqual([]);
    expect(feed({ type: 'stop' }, 1_900_000)).toEqual([{ type: 'unmap', externalPort: 5000 }]);
    expect(machine.deadline()).toBeNull();
  });

  test('tries other ports where ours is taken, and rests after the third', () => {
    const { machine, feed } = scene();
    feed({ type: 'start' });
    const ports = [feed({ type: 'refused' }), feed({ type: 'refused' })].flatMap((outputs) =>
      outputs.map((output) => (output.type === 'map' ? output.externalPort : 0)),
    );
    expect(new Set([5000, ...ports]).size).toBe(3);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(1_024);
    expect(feed({ type: 'refused' }, 1_000)).toEqual([]);
    expect(machine.deadline()?.at).toBe(301_000);
  });

  test('leaves an address alone that nobody can reach, and one that comes too late', () => {
    const { feed } = scene();
    feed({ type: 'start' });
    const inner = { address: '100.64.3.2', port: 5000 };
    expect(feed({ type: 'mapped', external: inner })).toEqual([{ type: 'unmap', externalPort: 5000 }]);
    const late = scene();
    late.feed({ type: 'start' });
    expect(late.feed({ type: 'stop' })).toEqual([]);
    expect(late.feed({ type: 'mapped', external })).toEqual([{ type: 'unmap', externalPort: 5000 }]);
  });

  test('asks again after five minutes where there is no such service, and says when one is gone', () => {
    const { machine, feed } = scene();
    feed({ type: 'start' });
    expect(feed({ type: 'absent' })).toEqual([]);
    expect(machine.deadline()?.at).toBe(300_000);
    feed({ type: 'tick' }, 300_000);
    feed({ type: 'mapped', external }, 300_000);
    feed({ type: 'tick' }, 2_100_000);
    expect(feed({ type: 'refused' }, 2_100_000)).toEqual([{ type: 'external', external: null }]);
  });
});
