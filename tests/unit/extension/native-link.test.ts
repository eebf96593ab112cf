import { describe, expect, test } from 'vitest';
import { NativeLink } from '../../../extension/background/native-link.ts';
import type { Snapshot } from '../../../shared/wire/native.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { FakePort, snapshot, WELCOME } from './fake-browser.ts';

function line() {
  const clock = createFakeClock();
  const ports: FakePort[] = [];
  const snapshots: Snapshot[] = [];
  const link = new NativeLink(
    () => {
      const port = new FakePort();
      ports.push(port);
      return port;
    },
    clock,
    '0.1.0',
    { onWelcome: () => {}, onSnapshot: (one) => void snapshots.push(one), onStatus: () => {} },
  );
  const last = () => ports.at(-1) as FakePort;
  return { clock, ports, snapshots, link, last };
}

describe('what is wrong with the host', () => {
  test('says hello first, and is ready when it is welcomed', () => {
    const { link, last } = line();
    link.want(true);
    expect(last().sent).toEqual([{ type: 'hello', version: 1, extensionVersion: '0.1.0' }]);
    expect(link.status).toBe('starting');
    last().say(WELCOME);
    expect(link.status).toBe('ready');
  });

  test('a line that ends before any word is a missing host, and is tried again by itself', () => {
    const { link, last, ports, clock } = line();
    link.want(true);
    last().die();
    expect(link.status).toBe('missing');
    clock.advance(1_000);
    expect(ports).toHaveLength(2);
    last().say(WELCOME);
    expect(link.status).toBe('ready');
  });

  test('a browser that refuses to connect at all is a missing host', () => {
    const clock = createFakeClock();
    const events = { onWelcome: () => {}, onSnapshot: () => {}, onStatus: () => {} };
    const link = new NativeLink(
      () => {
        throw new Error('no such host');
      },
      clock,
      '0.1.0',
      events,
    );
    link.want(true);
    expect(link.status).toBe('missing');
  });

  test('a version below ours is too old, one above is too new', () => {
    for (const [version, status] of [
      [0, 'tooOld'],
      [2, 'tooNew'],
    ] as const) {
      const { link, last } = line();
      link.want(true);
      last().say({ ...WELCOME, version });
      expect(link.status).toBe(status);
      expect(last().disconnected).toBe(true);
    }
  });

  test('a welcome of an older form is too old, not broken', () => {
    const { link, last } = line();
    link.want(true);
    last().say({ type: 'welcome', version: 0 });
    expect(link.status).toBe('tooOld');
  });

  test('a fault about versions is too old, any other is broken, and its words are kept', () => {
    for (const [code, status] of [
      ['version_unsupported', 'tooOld'],
      ['runtime_not_tmpfs', 'broken'],
    ]) {
      const { link, last } = line();
      link.want(true);
      last().say({ type: 'fault', error: { code, message: 'what', action: 'do' } });
      expect(link.status).toBe(status);
      expect(link.error).toMatchObject({ message: 'what', action: 'do' });
    }
  });

  test('silence for five seconds is broken', () => {
    const { link, clock } = line();
    link.want(true);
    clock.advance(4_999);
    expect(link.status).toBe('starting');
    clock.advance(1);
    expect(link.status).toBe('broken');
  });

  test.each([
    ['nonsense', 'hello'],
    ['a snapshot before the welcome', snapshot(0)],
    ['null', null],
  ])('%s instead of a welcome is broken', (_, message) => {
    const { link, last } = line();
    link.want(true);
    last().say(message);
    expect(link.status).toBe('broken');
  });

  test('one crash is mended within a second, three in a minute are broken', () => {
    const { link, last, clock } = line();
    link.want(true);
    for (let crash = 1; crash <= 3; crash++) {
      last().say(WELCOME);
      last().die();
      expect(link.status).toBe(crash < 3 ? 'starting' : 'broken');
      if (crash < 3) clock.advance(250);
    }
  });

  test('waits longer each time, half a minute at most, and at once when a person asks', () => {
    const { link, last, ports, clock } = line();
    link.want(true);
    for (let i = 0; i < 12; i++) {
      last().die();
      const before = ports.length;
      clock.advance(Math.min(30_000, 1_000 * 2 ** i) - 1);
      expect(ports).toHaveLength(before);
      clock.advance(1);
      expect(ports).toHaveLength(before + 1);
    }
    const before = ports.length;
    last().die();
    link.retry();
    expect(ports).toHaveLength(before + 1);
  });

  test('lets go when nobody wants it, and does not come back', () => {
    const { link, last, ports, clock } = line();
    link.want(true);
    last().say(WELCOME);
    link.want(false);
    expect(last().disconnected).toBe(true);
    expect(link.status).toBe('asleep');
    clock.advance(120_000);
    expect(ports).toHaveLength(1);
  });
});

describe('what the host says', () => {
  test('snapshots are taken in order, an old or bad one is dropped', () => {
    const { link, last, snapshots } = line();
    link.want(true);
    last().say(WELCOME);
    last().say(snapshot(3));
    last().say(snapshot(2));
    last().say({ type: 'snapshot', sequence: 4 });
    last().say(snapshot(5));
    expect(snapshots.map(({ sequence }) => sequence)).toEqual([3, 5]);
    expect(link.status).toBe('ready');
  });

  test('a fault after the welcome keeps the line and its tunnels', () => {
    const { link, last } = line();
    link.want(true);
    last().say(WELCOME);
    last().say({ type: 'fault', error: { code: 'frame_malformed', message: 'm', action: 'a' } });
    expect(link.status).toBe('ready');
    expect(last().disconnected).toBe(false);
  });

  test('a new host counts its snapshots from the start', () => {
    const { link, last, snapshots, clock } = line();
    link.want(true);
    last().say(WELCOME);
    last().say(snapshot(9));
    last().die();
    clock.advance(250);
    last().say(WELCOME);
    last().say(snapshot(0));
    expect(snapshots).toHaveLength(2);
  });
});

describe('questions', () => {
  const ready = () => {
    const all = line();
    all.link.want(true);
    all.last().say(WELCOME);
    return all;
  };

  test('each answer finds its question, in any order', async () => {
    const { link, last } = ready();
    const one = link.ask<'wallet.broadcast'>({ method: 'wallet.broadcast', params: { raw: '0x01' } });
    const two = link.ask<'diagnostics'>({ method: 'diagnostics', params: {} });
    const [first, second] = last().of('request');
    last().say({ type: 'response', id: second?.id, result: { lines: [] } });
    last().say({ type: 'response', id: first?.id, result: { hash: `0x${'a'.repeat(64)}` } });
    expect(await one).toEqual({ hash: `0x${'a'.repeat(64)}` });
    expect(await two).toEqual({ lines: [] });
  });

  test('fail with the host’s own code, on silence, on a wrong form, and when the host goes', async () => {
    const { link, last, clock } = ready();
    const ask = () => link.ask<'diagnostics'>({ method: 'diagnostics', params: {} });
    const refused = ask();
    const error = { code: 'ledger_unreachable', message: 'm', action: 'a' };
    last().say({ type: 'response', id: last().of('request').at(-1)?.id, error });
    await expect(refused).rejects.toMatchObject({ code: 'ledger_unreachable' });
    const wrong = ask();
    last().say({ type: 'response', id: last().of('request').at(-1)?.id, result: { lines: 7 } });
    await expect(wrong).rejects.toMatchObject({ code: 'frame_malformed' });
    const silent = ask();
    clock.advance(15_000);
    await expect(silent).rejects.toMatchObject({ code: 'internal' });
    const lost = ask();
    last().die();
    await expect(lost).rejects.toMatchObject({ code: 'host_missing' });
    await expect(ask()).rejects.toMatchObject({ code: 'host_missing' });
  });

  test('an error code that we do not know, or that names a built-in, becomes "internal"', async () => {
    const { link, last } = ready();
    const asked = link.ask<'diagnostics'>({ method: 'diagnostics', params: {} });
    const error = { code: 'toString', message: 'm', action: 'a' };
    last().say({ type: 'response', id: last().of('request').at(-1)?.id, error });
    await expect(asked).rejects.toMatchObject({ code: 'internal' });
  });

  test('a frame above one mebibyte is not sent', async () => {
    const { link, last } = ready();
    const raw = `0x${'ab'.repeat(600_000)}`;
    const asked = link.ask<'wallet.broadcast'>({ method: 'wallet.broadcast', params: { raw } });
    await expect(asked).rejects.toMatchObject({ code: 'frame_too_large' });
    expect(last().of('request')).toEqual([]);
  });
});
