/**
 * The lab that the matrix is played in: helpers of both families, the relay, and per lane two homes
 * that change their kinds, with an agent in each host that is ever needed.
 */

import { address } from '../../shared/base/units.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { Home } from '../lab/home.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { addLatency } from '../lab/latency.ts';
import { forgetMappings, forgetNeighbours, setNat } from '../lab/nat.ts';
import { NAT_KINDS, type NatKind, type NatName } from '../lab/nat-kinds.ts';
import { startPortMapper } from '../lab/port-mapper.ts';
import type { LabProcess } from '../lab/process.ts';
import { SERVERS, SERVERS6 } from '../lab/servers.ts';
import { startTurn, TURN_SECRET, TURN_URIS, TURN_URIS6 } from '../lab/turn.ts';
import { KINDS, type KindName, SHARED_HOME } from './kinds.ts';

const STUN_PORT = 3478;
const RELAY_PORT = 7000;

export interface Field {
  readonly lab: Lab;
  readonly profile: NetworkProfile;
  readonly lanes: readonly Lane[];
  close(): Promise<void>;
}

/** `lineMs`: one-way latency of every home's line. */
export async function openField(lanes: number, lineMs = 0): Promise<Field> {
  const homes = Array.from({ length: lanes }, (_, n) => [
    { name: `c${n}`, wan: `90.54.${n}.7`, lan: 10 + 2 * n, nat: SHARED_HOME, neighbour: true },
    { name: `p${n}`, wan: `84.130.${n}.21`, lan: 11 + 2 * n, nat: SHARED_HOME, neighbour: true },
  ]);
  const lab = await createLab({ homes: homes.flat() });
  try {
    if (lineMs > 0) await addLatency(lab, [...lab.homes.values()], lineMs);
    await Promise.all([startTurn(lab), ...startHelpers(lab)]);
    return {
      lab,
      profile: profileOf(),
      lanes: homes.map((_, n) => new Lane(lab, lab.home(`c${n}`), lab.home(`p${n}`))),
      close: () => lab.close(),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

function startHelpers(lab: Lab): Promise<unknown>[] {
  return [SERVERS.helper, SERVERS6.helper].map(([first, second], n) => {
    const at = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const helper = lab.startNode({
      name: `helper-${n === 0 ? 4 : 6}`,
      namespace: lab.inet,
      file: 'helper/main.ts',
      args: [
        ...['start', '--stun', at(first, STUN_PORT), '--stun-alt', at(second, STUN_PORT + 1)],
        ...['--relay', at(first, RELAY_PORT), '--turn', (n === 0 ? TURN_URIS : TURN_URIS6).join(',')],
      ],
      env: { WARREN_TURN_SECRET: TURN_SECRET },
    });
    return helper.prints(/"ready"/);
  });
}

/** Only what paths read of it is real here; there is no chain in this lab. */
function profileOf(): NetworkProfile {
  const nobody = address(`0x${'00'.repeat(20)}`);
  const first = [SERVERS.helper[0], `[${SERVERS6.helper[0]}]`];
  return {
    name: 'nat-matrix',
    chainId: 1,
    rpcUrl: `http://${SERVERS.chain}:8545`,
    channels: nobody,
    didRegistry: nobody,
    token: nobody,
    tokenName: 'Test MYST',
    tokenSymbol: 'tMYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
    confirmations: 0,
    relays: first.map((host) => `ws://${host}:${RELAY_PORT}`),
    stun: [...SERVERS.helper, ...SERVERS6.helper].map((host) => ({ host, port: STUN_PORT })),
    turn: first.map((host) => `http://${host}:${RELAY_PORT}/turn`),
  };
}

/** Two homes; one cell at a time is played between them. */
export class Lane {
  readonly #lab: Lab;
  readonly #homes: Readonly<Record<'client' | 'provider', Home>>;
  readonly #kinds = new Map<Home, NatName>();
  readonly #mappers = new Map<Home, LabProcess>();
  readonly #agents = new Map<string, LabProcess>();

  constructor(lab: Lab, client: Home, provider: Home) {
    this.#lab = lab;
    this.#homes = { client, provider };
  }

  /** Gives both homes their kinds and no memory of cells before. Returns both ends' agents. */
  async prepare(client: KindName, provider: KindName): Promise<{ client: LabProcess; provider: LabProcess }> {
    const [clientNat, providerNat]: (NatName | null)[] = [KINDS[client].nat, KINDS[provider].nat];
    const { client: clientHome, provider: providerHome } = this.#homes;
    const shared = providerNat === null ? clientHome : clientNat === null ? providerHome : null;
    if (shared) {
      await this.#become(shared, clientNat ?? providerNat ?? SHARED_HOME);
      return { client: this.#agent(shared.host), provider: this.#agent(shared.neighbourNamespace ?? '') };
    }
    await Promise.all([
      this.#become(clientHome, clientNat as NatName),
      this.#become(providerHome, providerNat as NatName),
    ]);
    await Promise.all([clientHome, providerHome].map(forgetNeighbours));
    return { client: this.#agent(clientHome.host), provider: this.#agent(providerHome.host) };
  }

  async #become(home: Home, name: NatName): Promise<void> {
    if (this.#kinds.get(home) === name) return forgetMappings(home);
    await this.#mappers.get(home)?.stop();
    this.#mappers.delete(home);
    await setNat(home, name);
    this.#kinds.set(home, name);
    const kind: NatKind = NAT_KINDS[name];
    if (kind.mapsPorts) this.#mappers.set(home, await startPortMapper(this.#lab, home));
    await this.#lab.settle(home);
  }

  #agent(namespace: string): LabProcess {
    const known = this.#agents.get(namespace);
    if (known) return known;
    const started = this.#lab.startNode({
      name: `agent-${namespace.replace(/^w[0-9a-f]+-/, '')}`,
      namespace,
      file: 'tests/nat/agent.ts',
      ipc: true,
    });
    this.#agents.set(namespace, started);
    return started;
  }
}
