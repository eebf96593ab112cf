import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TunnelDevice } from '../../../shared/effects.ts';
import { LineSplitter } from '../../../shared/node/lines.ts';
import { connectNetd, SILENCE_MS } from '../../../shared/node/netd-client.ts';
import { NETD_VERSION } from '../../../shared/wire/netd.ts';

let folder = '';
let server: Server;
let device: TunnelDevice;
/** What was asked and not answered yet, by id. */
let asked: number[] = [];
let answer = (_result: unknown) => {};

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  folder = mkdtempSync(join(tmpdir(), 'warren-netd-'));
  asked = [];
  server = createServer((socket: Socket) => {
    const lines = new LineSplitter(65_536);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) {
        const { id, body } = JSON.parse(line);
        if (body.verb === 'hello') {
          const result = { version: NETD_VERSION, backend: 'kernel', splice: true };
          socket.write(`${JSON.stringify({ id, result })}\n`);
        } else asked.push(id);
      }
    });
    answer = (result) => socket.write(`${JSON.stringify({ id: asked.shift(), result })}\n`);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'sock'), resolve));
  device = await connectNetd(join(folder, 'sock'));
});

afterEach(async () => {
  await device.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

const ask = () => device.ask({ verb: 'counters', tunnel: 'wrn00000000' });
const arrived = (count: number) => vi.waitFor(() => expect(asked).toHaveLength(count));

test('a long queue is no silence: what is answered one after the other may take minutes', async () => {
  const answers = Array.from({ length: 5 }, ask);
  await arrived(5);
  for (const one of answers) {
    vi.advanceTimersByTime(0.8 * SILENCE_MS);
    answer({ peers: [] });
    expect(await one).toEqual({ peers: [] });
  }
});

test('while nothing is asked it waits for nothing', async () => {
  const one = ask();
  await arrived(1);
  answer({ peers: [] });
  await one;
  vi.advanceTimersByTime(10 * SILENCE_MS);
  const next = ask();
  await arrived(1);
  answer({ peers: [] });
  expect(await next).toEqual({ peers: [] });
});

test('one that says nothing for too long is given up, and whoever owns its tunnels is told', async () => {
  const lost = vi.fn();
  device.onLost(lost);
  const failed = [ask(), ask()].map((one) => expect(one).rejects.toMatchObject({ code: 'netd_unreachable' }));
  await arrived(2);
  vi.advanceTimersByTime(SILENCE_MS);
  await Promise.all(failed);
  expect(lost).toHaveBeenCalledOnce();
});
