/** Whether UDP comes back from STUN servers, and if not, whether it is this machine that will not send. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { TransportAddress } from '../effects.ts';
import { BINDING, decodeStun, encodeStun } from '../wire/stun/message.ts';

export interface StunProbe {
  readonly asked: number;
  readonly answered: number;
  /** The kernel's own word: a rule of this machine's firewall stops what goes out. */
  readonly refusedHere: boolean;
}

type Answer = 'answered' | 'silence' | 'refused here';

const TRIES = 3;
const TRY_MS = 700;

export async function probeStun(servers: readonly TransportAddress[]): Promise<StunProbe> {
  const answers = await Promise.all(servers.map(answerOf));
  const count = (wanted: Answer) => answers.filter((answer) => answer === wanted).length;
  return { asked: servers.length, answered: count('answered'), refusedHere: count('refused here') > 0 };
}

/** A refusal comes with the sending, so the socket is our own. */
function answerOf({ address, port }: TransportAddress): Promise<Answer> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const transactionId = Uint8Array.from(randomBytes(12));
  const request = encodeStun({ class: 'request', method: BINDING, transactionId, attributes: {} });
  return new Promise((resolve) => {
    let found: Answer = 'silence';
    let left = TRIES;
    const end = () => {
      clearInterval(timer);
      socket.close();
      resolve(found);
    };
    const ask = () => {
      if (left-- === 0) return end();
      socket.send(request, port, address, (error) => {
        if (error && 'code' in error && error.code === 'EPERM') found = 'refused here';
      });
    };
    const timer = setInterval(ask, TRY_MS);
    // No port, no route, or a router's word that nobody is there: as good as silence.
    socket.on('error', () => {});
    socket.on('message', (packet) => {
      const answer = decodeStun(packet);
      if (answer?.class !== 'success' || !Buffer.from(answer.transactionId).equals(transactionId)) return;
      found = 'answered';
      end();
    });
    ask();
  });
}
