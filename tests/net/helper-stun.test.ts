/** Our STUN server, judged by coturn's own clients on loopback addresses. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Helper, startHelper } from '../../helper/helper.ts';
import { createClock } from '../../shared/node/clock.ts';
import { run } from '../lab/run.ts';

const [PORT, OTHER_PORT] = [43_478, 43_479];
let helper: Helper;

beforeAll(async () => {
  helper = await startHelper({
    stun: { address: '127.0.0.61', port: PORT },
    stunAlternate: { address: '127.0.0.62', port: OTHER_PORT },
    clock: createClock(),
  });
});
afterAll(() => helper?.close());

test('turnutils_stunclient gets its address, the other address, an answer to another port, and fragments', async () => {
  const said = await run('timeout', ['15', 'turnutils_stunclient', '-p', String(PORT), '127.0.0.61']);
  expect(said).toContain('RFC 5780 response 3');
  expect(said).toContain(`Other addr: : 127.0.0.62:${OTHER_PORT}`);
  expect(said).toMatch(/UDP reflexive addr: 127\.0\.0\.1:\d+/);
  expect(said).toContain(`Response origin: : 127.0.0.62:${OTHER_PORT}`);
});

test('turnutils_natdiscovery finds endpoint-independent mapping and filtering where there is no NAT', async () => {
  const said = await run('timeout', ['30', 'turnutils_natdiscovery', '-m', '-f', '-p', String(PORT), '127.0.0.61']);
  expect(said).toMatch(/Endpoint Independent Mapping/);
  expect(said).toContain('Endpoint Independent Filtering');
});
