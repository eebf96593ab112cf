/** A whole host in one process: the real session loop over a fake world, everything it says checked by the wire's schemas. */
import { randomBytes } from 'node:crypto';
import type { InferOutput } from 'valibot';
import * as v from 'valibot';
import { SessionLoop } from '../../../native-host/session-loop.ts';
import { toHex } from '../../../shared/base/bytes.ts';
import { address } from '../../../shared/base/units.ts';
import {
  type DownInput,
  DownSchema,
  type Exit,
  type Snapshot,
  type UpInput,
  UpSchema,
} from '../../../shared/wire/native.ts';
import { createFakeWorld, type FakeWorld } from '../../fakes/host-world.ts';
import { signedInMemory } from '../../fakes/signed-amounts.ts';

const PAYER = address(`0x${'aa'.repeat(20)}`);

export function startHost(fake: FakeWorld = createFakeWorld(), signed = signedInMemory()) {
  const ups: InferOutput<typeof UpSchema>[] = [];
  const phases: string[] = [];
  const outlet = {
    congested: false,
    send(message: UpInput) {
      // Everything that leaves has to fit its own schema.
      const parsed = v.parse(UpSchema, JSON.parse(JSON.stringify(message)));
      ups.push(parsed);
      if (parsed.type === 'snapshot')
        for (const exit of parsed.exits) if (phases.at(-1) !== exit.phase) phases.push(exit.phase);
    },
  };
  const log = { warn: () => {}, debug: () => {} };
  const loop = new SessionLoop(fake.world, outlet, { hostVersion: '0.1.0', testSwitches: true, log, signed });
  const say = (message: DownInput) => {
    const parsed = v.parse(DownSchema, message);
    if (parsed.type !== 'hello') loop.handle(parsed);
  };
  const snapshot = () => ups.findLast((up): up is Snapshot => up.type === 'snapshot');
  const exit = (id = 'main'): Exit | undefined => snapshot()?.exits.find((candidate) => candidate.exitId === id);
  const intent = (connected: boolean, want: object = {}): Extract<DownInput, { type: 'intent' }> => ({
    type: 'intent',
    connected,
    payer: PAYER,
    exits: [{ exitId: 'main', ...want }],
    closeChannels: true,
  });
  const key = toHex(randomBytes(32));
  return {
    fake,
    loop,
    ups,
    phases,
    say,
    snapshot,
    exit,
    intent,
    async connect(want: object = {}) {
      say(intent(true, want));
      await fake.until(() => exit()?.need?.kind === 'signer');
      const payee = exit()?.need?.payee;
      say({ type: 'signer', payee: payee as string, privateKey: key });
      await fake.until(() => exit()?.phase === 'up');
    },
    signer: (payee: string) => say({ type: 'signer', payee, privateKey: key }),
    async ask(body: Extract<DownInput, { type: 'request' }>['body']) {
      const id = ups.length + 1_000;
      say({ type: 'request', id, body });
      const answer = () => ups.find((up) => up.type === 'response' && up.id === id);
      await fake.until(() => answer() !== undefined);
      return answer() as Extract<InferOutput<typeof UpSchema>, { type: 'response' }>;
    },
  };
}
