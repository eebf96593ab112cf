/**
 * One end of a relayed path: a pass from the helper, an allocation from the TURN server, and what peers
 * send through it. Takes commands over IPC (`RelayCommand`).
 *
 * usage: relay.ts <where to ask for passes>. Prints JSON lines: {bases}, {failed}, {data}.
 */
import { randomBytes } from 'node:crypto';
import type { TransportAddress } from '../../../shared/effects.ts';
import { openRelays, type RelayBase } from '../../../shared/machine/traversal/turn/relays.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { openTurnConnection } from '../../../shared/node/turn/connection.ts';
import { fetchTurnGrant } from '../../../shared/node/turn/grant.ts';

export type RelayCommand =
  | { readonly do: 'permit'; readonly address: string }
  | { readonly do: 'bind'; readonly peer: TransportAddress }
  | { readonly do: 'send'; readonly text: string; readonly to: TransportAddress }
  /** Sends the text again and again: a flow that notices when it stops. */
  | { readonly do: 'flow'; readonly everyMs: number; readonly text: string; readonly to: TransportAddress }
  | { readonly do: 'stop' };

const clock = createClock();
const startedAt = clock.now();
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
let bases: readonly RelayBase[] = [];

const relays = openRelays(
  {
    clock,
    random: (length) => Uint8Array.from(randomBytes(length)),
    turn: { connect: openTurnConnection, grant: () => fetchTurnGrant([process.argv[2] ?? '']) },
  },
  {
    bases(now) {
      bases = now;
      say({ bases, ms: Math.round(clock.now() - startedAt) });
    },
    stun: () => {},
    data: (base, packet, from) => say({ data: Buffer.from(packet).toString(), base, from }),
    failed: (error) => say({ failed: error }),
  },
);

process.on('message', (command: RelayCommand) => {
  const base = () => bases[0]?.base ?? '';
  switch (command.do) {
    case 'permit':
      relays.permit(command.address);
      break;
    case 'bind':
      relays.bind(base(), command.peer);
      break;
    case 'send':
      relays.send(base(), Buffer.from(command.text), command.to);
      break;
    case 'flow':
      setInterval(() => relays.send(base(), Buffer.from(command.text), command.to), command.everyMs).unref();
      break;
    case 'stop':
      relays.stop();
      process.disconnect();
      break;
  }
});
