/**
 * A hundred changes of port under a thousand packets a second, none of which may be lost that the machine had room
 * for (../../load/judged.ts): an emulated one that shares its processors is often too busy. That the counts can tell
 * is seen first, on a wire that drops some.
 */
import { readFileSync } from 'node:fs';
import type { Timeline } from '../../e2e/timeline.ts';
import { judged, lost, lostByUs } from '../../load/judged.ts';
import { overflows } from '../../load/overflow.ts';
import { stop } from '../../net/netd-lab.ts';
import { type Flow, startFlow } from './flow.ts';
import { ECHO, ENDS, ROTATIONS, type Session } from './session.ts';
import { watchPorts } from './ways.ts';

/** Packets a second, by the guest's clock; and of those at least. */
const RATE = 1_000;
const LEAST_RATE = 900;
/** So many come back between two changes: more than are ever under way, so by the new port both ways. */
const BETWEEN = 100;
/** Of so many packets one is dropped. */
const ONE_IN = 40;
const DROPS = 20;

export async function changePorts(told: Timeline, session: Session): Promise<void> {
  await Promise.all(ENDS.map((end) => session.move(end)));
  await session.pointClient();
  const echo = await session.lab.echo(session.lab.provider, 'udp', ECHO.port, ECHO.address);
  await dropping(told, session);
  const ways = await watchPorts(session.lab.internet);
  const last = await judged(() => underFlow(session, rotate));
  const { flow, overflowed } = last;
  const rate = Math.round((1000 * flow.sent) / flow.ms);
  const used = await ways.bothWays();
  if (lostByUs(last) > 0) told.note(await session.statistics());
  told.claim(`${ROTATIONS} ports that the flow went by both ways`, used >= ROTATIONS, `${used}`);
  told.claim(`${RATE} packets a second`, rate >= LEAST_RATE, `${rate}`);
  told.claim('no packet lost', lostByUs(last) === 0, JSON.stringify({ ...flow, overflowed }));
  await stop(echo, 'SIGKILL');
}

async function underFlow(session: Session, play: (session: Session, flow: Flow) => Promise<void>) {
  const dropped = await ofMachine(session);
  const flow = await startFlow(session.lab, RATE);
  await play(session, flow);
  const counted = await flow.end();
  return { flow: counted, overflowed: (await ofMachine(session)) - dropped };
}

/** Both ends at once, and each has to follow the other by itself, as WireGuard does. */
async function rotate(session: Session, flow: Flow): Promise<void> {
  for (let n = 0; n < ROTATIONS; n += ENDS.length) {
    await Promise.all(ENDS.map((end) => session.move(end)));
    await flow.goesOn(BETWEEN);
  }
}

/** A loss that is not the machine's is seen as one, to the packet. */
async function dropping(told: Timeline, session: Session): Promise<void> {
  const { internet } = session.lab;
  await internet.nft(`table inet loss { chain way { type filter hook forward priority 0; policy accept;
    @th,64,32 0x04000000 numgen inc mod ${ONE_IN} 0 counter drop; }; }`);
  const run = await underFlow(session, (_, flow) => flow.goesOn(DROPS * ONE_IN));
  const table = await internet.must('nft', 'list', 'table', 'inet', 'loss');
  await internet.must('nft', 'delete', 'table', 'inet', 'loss');
  const dropped = Number(/counter packets (\d+)/.exec(table)?.[1]);
  const missed = lost(run.flow);
  // One or two may have been WireGuard's own: it answers with an empty packet where it has nothing to say.
  const seen = dropped >= DROPS && missed >= dropped - 2 && lostByUs(run) <= dropped && run.overflowed === 0;
  told.claim('what a wire drops is missed, and is not the machine’s', seen, JSON.stringify({ dropped, ...run }));
}

/** Of both ends' sockets and links, and where a processor's own queue had no room. */
async function ofMachine({ lab }: Session): Promise<number> {
  return (await overflows([lab.client.name, lab.provider.name])) + backlog();
}

/** The second column of /proc/net/softnet_stat, a line for each processor. */
function backlog(): number {
  const lines = readFileSync('/proc/net/softnet_stat', 'utf8').trim().split('\n');
  return lines.reduce((sum, line) => sum + Number.parseInt(line.split(' ')[1] ?? '0', 16), 0);
}
