/** A person with an unlocked wallet, without a browser: drives the real host as the extension would. */
import { randomBytes } from 'node:crypto';
import { accountKey, channelSigner, type Key } from '../../extension/wallet/keys.ts';
import { signAction } from '../../extension/wallet/transactions.ts';
import { EXTENSION_ID_CHROMIUM } from '../../manifest/extension.ts';
import type { DownInput, Need, Network, Up } from '../../shared/wire/native.ts';
import { type HostProcess, startHost } from '../host-process.ts';
import type { Lab } from '../lab/lab.ts';
import { OPEN_TUN, wrapped } from '../lab/process.ts';
import { inNamespace } from '../lab/run.ts';
import type { Scene } from '../lab/scene.ts';

export interface Driver {
  readonly host: HostProcess;
  readonly account: Key;
  /** Says what is wanted, answers every need, and waits until all exits are up. */
  connect(
    exits: readonly { readonly exitId: string; readonly country?: string; readonly did?: string }[],
  ): Promise<void>;
  /** Waits until the host holds nothing any more. */
  disconnect(): Promise<void>;
  /** Fetches through an exit's proxy with curl in the client's home. @throws when it can not. */
  fetch(exitId: string, url: string, options?: readonly string[]): Promise<string>;
  /** Looks at every snapshot that comes and answers the needs in it. */
  close(): void;
}

export interface DriverOptions {
  /** Looks at every sheet; false leaves it unanswered. Absent: yes to all. */
  readonly agrees?: (need: ChannelNeed) => boolean;
  /** The host makes its tunnels in a namespace of its own, as where no netd is installed. */
  readonly rootless?: boolean;
}
type ChannelNeed = Extract<Need, { kind: 'channel' }>;

/** What a driver wants of a world. */
export interface DriverWorld {
  readonly lab: Lab;
  readonly client: Pick<Scene['client'], 'home' | 'user' | 'runtime' | 'hostArguments'> & {
    /** What a browser would start, where that is installed; absent: the host of this work tree. */
    readonly program?: string;
  };
}

export async function startDriver(
  world: DriverWorld,
  { agrees = () => true, rootless = false }: DriverOptions = {},
): Promise<Driver> {
  const seed = randomBytes(64);
  const { lab, client } = world;
  const account = accountKey(seed);
  const { program } = client;
  const [netns = '', exec = '', home = '', ...asUser] = wrapped(client.home.host, client.user, program ?? lab.node, []);
  const inHome = [netns, exec, home, ...(rootless ? OPEN_TUN : []), ...asUser];
  const host = startHost({
    command: ['ip', ...inHome],
    // A browser tells an installed host who starts it.
    main: program === undefined ? lab.source('native-host/main.ts') : `chrome-extension://${EXTENSION_ID_CHROMIUM}/`,
    args: [...client.hostArguments, ...(rootless ? ['--tunnels', 'rootless'] : [])],
    env: {
      HOME: client.user.home,
      XDG_RUNTIME_DIR: client.runtime,
      NODE_EXTRA_CA_CERTS: lab.certificate.certificateFile,
    },
  });
  host.say({ type: 'hello', version: 1, extensionVersion: '0.1.0' });
  await host.until('the welcome', ({ ups }) => ups.some((up) => up.type === 'welcome'));
  const { network } = host.ups[0] as Extract<Up, { type: 'welcome' }>;
  let exits: Extract<DownInput, { type: 'intent' }>['exits'] = [];

  const answered = new Set<string>();
  /** What was agreed to on the last sheet for a node: the host may pay it that much and no more. */
  const agreed = new Map<string, bigint>();
  let paying: Promise<void> = Promise.resolve();
  const giveSigner = (payee: Need['payee']) => {
    const { privateKey } = channelSigner(seed, 0, payee);
    host.say({ type: 'signer', payee, privateKey, maxPricePerMB: String(agreed.get(payee) ?? 0n) });
  };
  const answer = (need: Need) => {
    if (need.kind === 'signer') {
      if (answered.has(`signer ${need.payee}`)) return;
      answered.add(`signer ${need.payee}`);
      return giveSigner(need.payee);
    }
    const id = `${need.action} ${need.payee} ${need.pricePerMB}`;
    if (answered.has(id) || !agrees(need)) return;
    answered.add(id);
    agreed.set(need.payee, need.pricePerMB);
    giveSigner(need.payee);
    // One after the other: each transaction takes the next nonce.
    paying = paying.then(() => approve(host, network, account, need));
  };
  const look = () => {
    for (const exit of host.snapshot()?.exits ?? []) if (exit.need) answer(exit.need);
  };
  host.child.stdout?.on('data', look);

  const intent = (connected: boolean): DownInput => ({
    type: 'intent',
    connected,
    payer: account.address,
    exits,
    closeChannels: true,
  });
  return {
    host,
    account,
    async connect(wanted) {
      answered.clear();
      exits = [...wanted];
      host.say(intent(true));
      await host.until('all exits up', () => exits.every(({ exitId }) => host.exit(exitId)?.phase === 'up'), 20_000);
      await paying;
    },
    async disconnect() {
      host.say(intent(false));
      await host.until('idle', () => host.snapshot()?.idle === true, 25_000);
    },
    fetch(exitId, url, options = []) {
      const proxy = host.exit(exitId)?.proxy;
      if (!proxy) throw new Error(`exit ${exitId} has no proxy`);
      const at = `http://${proxy.username}:${proxy.password}@${proxy.host}:${proxy.port}`;
      return inNamespace(client.home.host, 'curl', ['-sSfk', '--max-time', '20', '-x', at, ...options, url]);
    },
    close: () => host.child.kill('SIGKILL'),
  };
}

async function approve(host: HostProcess, network: Network, account: Key, need: ChannelNeed): Promise<void> {
  const facts = await host.ask<'wallet.account'>({ method: 'wallet.account', params: { address: account.address } });
  const { signer, payee, suggestedDeposit: amount, graceMinutes } = need;
  const action =
    need.action === 'open'
      ? ({ kind: 'open', payee, signer, amount, graceMinutes } as const)
      : ({ kind: 'topUp', payee, signer, amount } as const);
  const { raw } = await signAction(action, account, { network, ...facts });
  const { hash } = await host.ask<'wallet.broadcast'>({ method: 'wallet.broadcast', params: { raw } });
  for (;;) {
    const receipt = await host.ask<'wallet.receipt'>({ method: 'wallet.receipt', params: { hash } });
    if (receipt.status === 'reverted') throw new Error('the channel could not be opened');
    if (receipt.status === 'confirmed') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
