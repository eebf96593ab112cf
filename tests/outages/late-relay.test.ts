/** Two homes that meet at a relay only, whose address the client learns after it has told the node of its others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabClient, openClient } from '../lab/client.ts';
import { createScene, type Scene } from '../lab/scene.ts';

let scene: Scene;
let client: LabClient;

beforeAll(async () => {
  const providerNats = { de: 'symmetric', jp: 'symmetric' } as const;
  scene = await createScene({ clientNat: 'symmetric', providerNats });
  client = await openClient(scene, '5');
}, 60_000);
afterAll(async () => {
  await client?.host.end();
  await scene?.close();
});

test('the relay answers when the handshake is over: the node is told of it, and they meet there', async () => {
  const relay = scene.lab.processes.find(({ name }) => name === 'coturn');
  if (!relay) throw new Error('no relay in this lab');
  await client.host.ask({ method: 'nodes', params: {} });
  process.kill(relay.pid, 'SIGSTOP');
  client.want([{ exitId: 'x', country: 'DE' }]);
  const shook = () => client.exit('x')?.steps.some(({ name }) => name === 'handshake') === true;
  await client.host.until('the handshake is over', shook);
  process.kill(relay.pid, 'SIGCONT');
  const phases = new Set<string | undefined>();
  const up = () => phases.add(client.exit('x')?.phase).has('up');
  await client.host.until('the exit is up', up, 20_000);
  // By the search that was under way: none was given up and begun anew.
  expect([...phases]).not.toContain('failed');
  expect(client.exit('x')?.path?.kind).toBe('relay');
  expect(await client.fetch('x', 'http://one.example/')).toContain(scene.providers.de.home.wan);
}, 60_000);
