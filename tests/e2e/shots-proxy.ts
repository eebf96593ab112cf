/** What answers the extension's self-test in the pictures: the port of an exit that is up, with nothing behind it. */
import { createServer } from 'node:http';
import { SELF_TEST_HOST, type SelfTest } from '../../shared/wire/self-test.ts';

/** @param username of the proxy in the scene. Resolves, once it listens, with what ends it. */
export async function answerSelfTests(port: number, username: string): Promise<() => void> {
  const server = createServer((request, response) => {
    const ours = request.headers.host === SELF_TEST_HOST;
    const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
    if (ours) response.writeHead(200, headers).end(JSON.stringify({ proxy: username, names: true } satisfies SelfTest));
    else response.writeHead(502).end();
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
