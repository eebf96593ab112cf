/** coturn on two addresses: the independent STUN server (RFC 5780) and relay (RFC 8656) of the lab. */
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { SERVERS } from './topology.ts';

/** The REST-style shared secret of relays with `use-auth-secret`; a lab's secret protects nothing. */
export const TURN_SECRET = 'warren-lab';

export async function startTurn(lab: Lab): Promise<LabProcess> {
  const [first, second] = SERVERS.turn;
  const folder = lab.runtimeFolder('turn');
  const turn = lab.start({
    name: 'coturn',
    namespace: lab.inet,
    command: 'turnserver',
    args: [
      '-n',
      ...[first, second].map((address) => `--listening-ip=${address}`),
      '--listening-port=3478',
      '--alt-listening-port=3479',
      `--relay-ip=${first}`,
      '--use-auth-secret',
      `--static-auth-secret=${TURN_SECRET}`,
      '--realm=lab',
      '--no-tls',
      '--no-dtls',
      '--no-cli',
      '--relay-threads=1',
      '--log-file=stdout',
      `--pidfile=${folder}/pid`,
      `--userdb=${folder}/db`,
    ],
  });
  await turn.prints(/Total UDP servers|Total General servers|IO method/, 10_000).catch(() => undefined);
  return turn;
}
