/**
 * A web server that says what it sees: /whoami, /echo, /bytes/N, and /slow, which never ends.
 *
 * usage: web-main.ts <port>
 */
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const path = request.url ?? '/';
  if (path === '/echo') return void request.pipe(response);
  if (path === '/slow') return void response.write('first');
  const bytes = /^\/bytes\/(\d{1,9})$/.exec(path);
  if (bytes) return void response.end(Buffer.alloc(Number(bytes[1])));
  response.end(
    JSON.stringify({
      from: request.socket.remoteAddress?.replace('::ffff:', ''),
      method: request.method,
      path,
      host: request.headers.host,
      headers: request.headers,
    }),
  );
});
server.listen(Number(process.argv[2]), '::', () => process.stdout.write('listening\n'));
