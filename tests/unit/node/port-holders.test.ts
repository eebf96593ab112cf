/** Who holds a port, asked of this very machine: the holder is this test. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { holderOf, holderWords } from '../../../shared/node/port-holders.ts';

test('a listening TCP port and a bound UDP port are told, with their program', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = createSocket('udp4');
  await once(socket.bind(0), 'listening');
  const address = server.address();
  const tcp = holderOf('tcp', typeof address === 'object' && address ? address.port : 0);
  const udp = holderOf('udp', socket.address().port);
  server.close();
  socket.close();
  for (const holder of [tcp, udp])
    expect(holder).toMatchObject({ program: { pid: process.pid }, user: userInfo().username, ports: 1 });
  expect(tcp && holderWords(tcp)).toMatch(new RegExp(`^"\\S+" \\(process ${process.pid}\\)$`));
});

test('nobody is there where nobody is', () => {
  expect(holderOf('tcp', 1)).toBeNull();
});
