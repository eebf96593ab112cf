/** What a hostile site or a hostile request can do to the plain-http half: nothing but fail. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { freshCredentials } from '../../../native-host/local-proxy/credentials.ts';
import { createHttpSide } from '../../../native-host/local-proxy/http-side.ts';

const credentials = freshCredentials();
const authorization = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
const open: Pick<Server, 'close'>[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What the client gets, and what the site got, when the site answers these bytes and hangs up. */
async function exchange(request: string, answer: string): Promise<{ toClient: string; toSite: string }> {
  let toSite = '';
  const site = await listening(
    createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        toSite += chunk.toString('latin1');
        if (/\r\n\r\n(.*\r\n)?0\r\n\r\n$/s.test(toSite) || !request.includes('chunked')) socket.end(answer);
      });
      setTimeout(() => socket.end(answer), 500).unref();
    }),
  );
  const dial = () =>
    new Promise<Socket>((resolve) => {
      const socket = connect(site, '127.0.0.1', () => resolve(socket));
    });
  const port = await listening(
    createHttpSide({ credentials, dialer: { dial }, tester: { answer: async () => '{}' }, onRefused: () => {} }),
  );
  const client = connect(port, '127.0.0.1');
  const [line = '', ...rest] = request.split('\r\n');
  client.write([line, 'Host: site.example', `Proxy-Authorization: Basic ${authorization}`, ...rest].join('\r\n'));
  return { toClient: await text(client), toSite };
}

test.each(['HTTP/1.1 000 Nothing', 'HTTP/1.1 099 Less'])(
  'a site that answers "%s" gets an error page, and we live on',
  async (line) => {
    const { toClient } = await exchange(
      'GET http://site.example/ HTTP/1.1\r\nConnection: close\r\n\r\n',
      `${line}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(toClient).toMatch(/^HTTP\/1\.1 502 /);
  },
);

test.each(['GET', 'DELETE', 'OPTIONS'])(
  'the body of a chunked %s stays a body: no second request hides in it',
  async (method) => {
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: site.example\r\n\r\n';
    const { toSite } = await exchange(
      `${method} http://site.example/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
        `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    );
    expect(toSite).toMatch(/^transfer-encoding: chunked\r$/im);
    expect(toSite).toContain(`\r\n${hidden.length.toString(16)}\r\nGET /hidden`);
  },
);

test('Connection can not take the length off a body', async () => {
  const { toSite } = await exchange(
    'DELETE http://site.example/ HTTP/1.1\r\nContent-Length: 5\r\nConnection: close, content-length\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  );
  expect(toSite).toMatch(/^content-length: 5\r$/im);
});
