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
  /** This machine's addresses inside the tunnel. */
  readonly address4: string;
  readonly address6: string;
  /** The node is in this machine's own network: both are then seen under one address. */
  readonly lan: boolean;
}

/** A node may have one of them only, and so may this machine. */
const FAMILIES = ['address4', 'address6'] as const;
type Family = (typeof FAMILIES)[number];
const familyOf = ({ address }: TransportAddress): Family => (address.includes(':') ? 'address6' : 'address4');

export async function checkExits(world: World, exits: readonly OpenExit[]): Promise<DiagnosticLine[]> {
  if (exits.length === 0) return [];
  const servers = await world.stunServers().catch(() => []);
  const known = new Map<Family, Promise<string | null>>();
  const own = (family: Family): Promise<string | null> => {
    const asked = known.get(family) ?? ownAddress(world, servers, family);
    known.set(family, asked);
    return asked;
  };
  return Promise.all(
    exits.map(async (exit) => ({
      id: 'exitAddress',
      name: `Exit ${exit.name}`,
      ...(await checkExit(world, exit, servers, own)),
    })),
  );
}

async function ownAddress(world: World, servers: readonly TransportAddress[], family: Family): Promise<string | null> {
  if (!world.hostAddresses(1).some((host) => familyOf(host) === family)) return null;
  const socket = await world.openDatagrams();
  return mappedAddress(socket, ofFamily(servers, family), world);
}

const ofFamily = (servers: readonly TransportAddress[], family: Family) =>
  servers.filter((server) => familyOf(server) === family);

async function checkExit(
  world: World,
  exit: OpenExit,
  servers: readonly TransportAddress[],
  ownIn: (family: Family) => Promise<string | null>,
): Promise<Finding> {
  const found = (ok: boolean, code: SaidCode, text: string, ...more: string[]) =>
    finding(ok, text, code, exit.name, ...more);
  try {
    for (const family of FAMILIES) {
      const asked = ofFamily(servers, family);
      if (asked.length === 0) continue;
      const seen = await mappedAddress(await world.openInside(exit[family]), asked, world);
      if (seen === null) continue;
      const own = await ownIn(family);
      if (own === null) return found(true, 'exitUncompared', 'seen under an address; our own is not known to compare');
      if (seen !== own) return found(true, 'exitOther', 'seen under another address than this machine');
      return exit.lan
        ? found(true, 'exitOwnLan', "seen under this machine's own address: the node is in its network")
        : found(false, 'exitOwn', "seen under this machine's own address");
    }
    return found(false, 'exitNoStun', 'no STUN server answers through the tunnel');
  } catch (error) {
    // Without root the tunnel's inside is another namespace's: nobody can ask from there.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL')
      return found(true, 'exitUnasked', 'not measured: this back end lets nobody ask from inside the tunnel');
    const { code } = asWarrenError(error);
    return found(false, 'exitFailed', `could not be asked: ${code}`, code);
  }
}
