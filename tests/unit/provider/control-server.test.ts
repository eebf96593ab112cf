import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type ControlLink, type ControlOwner, startControlServer } from '../../../provider/control-server.ts';
import { createClock } from '../../../shared/node/clock.ts';

const SESSION = `0x${'5a'.repeat(32)}`;
const HELLO = { type: 'hello', session: SESSION };
const PROOF = { type: 'proof', cumulative: '100', signature: `0x${'11'.repeat(64)}`, rxBytes: 5 };

class Owner implements ControlOwner {
  readonly sessionHex = SESSION;
  readonly heard: unknown[] = [];
  readonly links: ControlLink[] = [];
  ended = 0;
  onControl(link: ControlLink) {
    this.links.push(link);
    link.send({ type: 'ready', highest: null, observedAddress: '' });
  }
  onControlMessage(message: unknown) {
    this.heard.push(message);
  }
  onControlEnd() {
    this.ended++;
  }
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serve(owner: Owner | null) {
  const port = await freePort();
  const server = await startControlServer({
    addresses: ['127.0.0.1'],
    port,
    clock: createClock(),
    find: () => owner,
  });
  closers.push(() => server.close());
  return port;
}

/** Sends bytes and gives back the answers once the server has closed, or `count` of them. */
async function talk(port: number, bytes: string | Uint8Array, count = Number.POSITIVE_INFINITY): Promise<unknown[]> {
  const socket: Socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.split('\n').length > count) break;
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
const lines = (...messages: unknown[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join('');

describe('the control server', () => {
  it('hands the messages of a greeted client to its session, parsed', async () => {
    const owner = new Owner();
    const port = await serve(owner);
    expect(await talk(port, lines(HELLO, PROOF), 1)).toEqual([{ type: 'ready', highest: null, observedAddress: '' }]);
    expect(owner.heard).toEqual([{ ...PROOF, cumulative: 100n }]);
  });

  it('tells its session when the connection is over', async () => {
    const owner = new Owner();
    const port = await serve(owner);
    const socket = connect(port, '127.0.0.1');
    socket.write(lines(HELLO));
    await new Promise((resolve) => socket.once('data', resolve));
    owner.links[0]?.end();
    await new Promise((resolve) => socket.on('close', resolve));
    await expect.poll(() => owner.ended).toBe(1);
  });

  it('hangs up on a connection whose hello comes after that of a later one, which goes on', async () => {
    const owner = new Owner();
    const port = await serve(owner);
    const later = connect(port, '127.0.0.1');
    closers.push(() => later.destroy());
    later.write(lines({ ...HELLO, connection: 2 }));
    await new Promise((resolve) => later.once('data', resolve));
    expect(await talk(port, lines({ ...HELLO, connection: 1 }, PROOF))).toEqual([]);
    expect([owner.links.length, owner.heard]).toEqual([1, []]);
    later.write(lines(PROOF));
    await expect.poll(() => owner.heard).toHaveLength(1);
    expect(await talk(port, lines({ ...HELLO, connection: 3 }), 1)).toHaveLength(1);
    expect(owner.links).toHaveLength(2);
  });

  it.each([
    ['a proof before the hello', lines(PROOF)],
    ['a hello for another session', lines({ ...HELLO, session: `0x${'00'.repeat(32)}` })],
    ['a second hello', lines(HELLO, HELLO)],
    ['a line that is no JSON', 'GET / HTTP/1.1\n'],
    ['a line without an end', 'x'.repeat(5_000)],
    ['an unknown message', lines(HELLO, { type: 'gift' })],
    ['a signature of the wrong size', lines(HELLO, { ...PROOF, signature: '0x11' })],
    ['an amount that is no amount', lines(HELLO, { ...PROOF, cumulative: '-1' })],
  ])('refuses %s and hangs up', async (_, bytes) => {
    const owner = new Owner();
    const answers = await talk(await serve(owner), bytes);
    expect(answers.at(-1)).toMatchObject({ type: 'refused', error: { code: 'frame_malformed' } });
    expect(owner.heard).toEqual([]);
  });

  it('hangs up on a client that sends more than a link could need', async () => {
    const answers = await talk(await serve(new Owner()), lines(HELLO, ...Array.from({ length: 500 }, () => PROOF)));
    expect(answers.at(-1)).toMatchObject({ type: 'refused', error: { code: 'rate_limited' } });
  });

  it('says nothing at all to an address without a session', async () => {
    expect(await talk(await serve(null), lines(HELLO))).toEqual([]);
  });

  it('survives any bytes', async () => {
    const owner = new Owner();
    const port = await serve(owner);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        await talk(port, Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]));
      }),
      { numRuns: 50 },
    );
    expect(owner.heard).toEqual([]);
    expect(await talk(port, lines(HELLO), 1)).toHaveLength(1);
  });
});
