/** What each exit that is up really does: under which address it lets this machine be seen. Addresses stay in here. */
import { asWarrenError } from '../shared/base/errors.ts';
import type { TransportAddress } from '../shared/effects.ts';
import type { SaidCode } from '../shared/wire/diagnostics.ts';
import { type DiagnosticLine, type Finding, finding } from './finding.ts';
import { mappedAddress } from './mapped-address.ts';
import type { World } from './world.ts';

/** One exit that carries traffic. */
export interface OpenExit {
  readonly name: string;
  /** This machine's address inside the tunnel. */
  readonly address4: string;
  /** The node is in this machine's own network: both are then seen under one address. */
  readonly lan: boolean;
}

export async function checkExits(world: World, exits: readonly OpenExit[]): Promise<DiagnosticLine[]> {
  if (exits.length === 0) return [];
  const servers = await world.stunServers().catch(() => []);
  const own = await world.openDatagrams().then((socket) => mappedAddress(socket, servers, world));
  return Promise.all(
    exits.map(async (exit) => ({
      id: 'exitAddress',
      name: `Exit ${exit.name}`,
      ...(await checkExit(world, exit, servers, own)),
    })),
  );
}

async function checkExit(
  world: World,
  { name, address4, lan }: OpenExit,
  servers: readonly TransportAddress[],
  own: string | null,
): Promise<Finding> {
  const found = (ok: boolean, code: SaidCode, text: string, ...more: string[]) =>
    finding(ok, text, code, name, ...more);
  try {
    const seen = await mappedAddress(await world.openInside(address4), servers, world);
    if (seen === null) return found(false, 'exitNoStun', 'no STUN server answers through the tunnel');
    if (own === null) return found(true, 'exitUncompared', 'seen under an address; our own is not known to compare');
    if (seen !== own) return found(true, 'exitOther', 'seen under another address than this machine');
    return lan
      ? found(true, 'exitOwnLan', "seen under this machine's own address: the node is in its network")
      : found(false, 'exitOwn', "seen under this machine's own address");
  } catch (error) {
    // Without root the tunnel's inside is another namespace's: nobody can ask from there.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL')
      return found(true, 'exitUnasked', 'not measured: this back end lets nobody ask from inside the tunnel');
    const { code } = asWarrenError(error);
    return found(false, 'exitFailed', `could not be asked: ${code}`, code);
  }
}
