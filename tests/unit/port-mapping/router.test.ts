import { describe, expect, test } from 'vitest';
import { defaultGateway } from '../../../shared/node/port-mapping/router.ts';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const table = (...lines: readonly string[]) =>
  [HEAD, ...lines.map((line) => `${line.replaceAll(' ', '\t')}\t0\t0\t0`), ''].join('\n');
const WIFI = 'wlan0 00000000 0101A8C0 0003 0 0 600 00000000';

describe('the gateway of the default route', () => {
  test('is read as the kernel writes it', () => {
    expect(defaultGateway(table(WIFI, 'wlan0 0001A8C0 00000000 0001 0 0 600 00FFFFFF'))).toBe('192.168.1.1');
  });

  test('of two uplinks is the one with the lower metric, wherever it stands', () => {
    const cable = 'eth0 00000000 01000A0A 0003 0 0 100 00000000';
    expect(defaultGateway(table(WIFI, cable))).toBe('10.10.0.1');
    expect(defaultGateway(table(cable, WIFI))).toBe('10.10.0.1');
  });

  test.each([
    ['half of the internet through a VPN', 'tun0 00000000 0100080A 0003 0 0 0 00000080'],
    ['a tunnel of ours', 'wrnab12cd 00000000 01004064 0003 0 0 0 00000000'],
    ['a link without a gateway', 'ppp0 00000000 00000000 0001 0 0 0 00000000'],
    ['a route that is down', 'eth1 00000000 0102A8C0 0002 0 0 0 00000000'],
    ['a line cut short', 'eth1 00000000 01'],
  ])('is not %s', (_, line) => {
    expect(defaultGateway(table(line, WIFI))).toBe('192.168.1.1');
    expect(defaultGateway(table(line))).toBeNull();
  });

  test('is none where there is no table', () => expect(defaultGateway('')).toBeNull());
});
