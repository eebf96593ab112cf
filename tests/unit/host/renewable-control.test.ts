/** Another TCP connection takes the place of the one that an outage left behind, and nobody notices. */
import { describe, expect, test } from 'vitest';
import { openRenewableControl } from '../../../native-host/renewable-control.ts';
import type { ControlDown, ControlUpInput } from '../../../shared/wire/control.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { createFakeControl, type FakeControl } from '../../fakes/wire.ts';

const SESSION = `0x${'ab'.repeat(32)}`;
const hello = (connection: number) => ({ type: 'hello', session: SESSION, connection });
const READY: ControlDown = { type: 'ready', highest: null, observedAddress: '' };
const PROOF: ControlUpInput = { type: 'proof', cumulative: '5', signature: `0x${'11'.repeat(65)}`, rxBytes: 1 };
const CLOSE: ControlUpInput = { type: 'close' };
const turn = () => new Promise(setImmediate);

async function bench() {
  const clock = createFakeClock();
  const connections: { control: FakeControl; said: unknown[] }[] = [];
  /** How the next attempts end; each succeeds when there is nothing here. */
  const answers: Promise<void>[] = [];
  const connect = async () => {
    await answers.shift();
    const control = createFakeControl(clock);
    const said: unknown[] = [];
    control.onUp((message) => said.push(message));
    connections.push({ control, said });
    return control.connection;
  };
  const control = await openRenewableControl(connect, SESSION);
  const heard: string[] = [];
  control.onMessage((message) => heard.push(message.type));
  const lost: string[] = [];
  control.onLost(({ code }) => lost.push(code));
  return { clock, connections, answers, control, heard, lost };
}

describe('the control connection of a session', () => {
  test('says hello on each connection, and what was to be said meanwhile on the new one only', async () => {
    const { clock, connections, control } = await bench();
    control.renew();
    control.send(PROOF);
    await turn();
    control.send(CLOSE);
    clock.advance(100);
    expect(connections.map(({ said }) => said)).toEqual([[], [hello(1), PROOF, CLOSE]]);
  });

  test('hears only the newest', async () => {
    const { clock, connections, control, heard } = await bench();
    connections[0]?.control.down(READY);
    clock.advance(100);
    control.renew();
    await turn();
    connections[0]?.control.down({ type: 'gate', open: false, error: null });
    connections[1]?.control.down(READY);
    clock.advance(100);
    expect(heard).toEqual(['ready', 'ready']);
  });

  test('that the old one breaks meanwhile is no loss', async () => {
    const { connections, control, lost } = await bench();
    control.renew();
    connections[0]?.control.break();
    await turn();
    connections[0]?.control.break();
    expect(lost).toEqual([]);
    connections[1]?.control.break();
    expect(lost).toEqual(['tunnel_lost']);
  });

  test('stays where it is when no other can be made, and says what waited', async () => {
    const { clock, connections, control, answers, lost } = await bench();
    clock.advance(100);
    answers.push(Promise.reject(new Error('timed out')));
    control.renew();
    control.send(PROOF);
    await turn();
    clock.advance(100);
    expect(connections.map(({ said }) => said)).toEqual([[hello(0), PROOF]]);
    expect(lost).toEqual([]);
  });

  test('is lost when the old one broke and no other can be made', async () => {
    const { connections, control, answers, lost } = await bench();
    answers.push(Promise.reject(new Error('timed out')));
    control.renew();
    connections[0]?.control.break();
    expect(lost).toEqual([]);
    await turn();
    expect(lost).toEqual(['tunnel_lost']);
  });

  test('takes the newest where an outage came while one was on its way', async () => {
    const { clock, connections, control, answers } = await bench();
    const stuck = Promise.withResolvers<void>();
    answers.push(stuck.promise);
    control.renew();
    control.send(PROOF);
    control.renew();
    await turn();
    stuck.resolve();
    await turn();
    clock.advance(100);
    expect(connections.map(({ said }) => said)).toEqual([[], [hello(2), PROOF], []]);
    control.send(CLOSE);
    clock.advance(100);
    expect(connections[1]?.said).toEqual([hello(2), PROOF, CLOSE]);
  });

  test('makes none once it is closed', async () => {
    const { clock, connections, control } = await bench();
    control.renew();
    control.close();
    await turn();
    clock.advance(100);
    expect(connections[1]?.said).toEqual([]);
    control.renew();
    await turn();
    expect(connections).toHaveLength(2);
  });
});
