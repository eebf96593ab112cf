/**
 * A client without a browser: the real warren-host in the client's home, spoken to over its native
 * port, and the extension's own wallet code, which says yes to every need. For tests and benches that
 * ask about the session, not about the screen.
 */
import { randomBytes } from 'node:crypto';
import { accountKey, channelSigner, type Key } from '../../extension/wallet/keys.ts';
import { signAction } from '../../extension/wallet/transactions.ts';
import { EXTENSION_ID_CHROMIUM } from '../../manifest/extension.ts';
import type { Hex } from '../../shared/base/bytes.ts';
import type { Address } from '../../shared/base/units.ts';
import type { Exit, ExitWant, Need, Network, Up } from '../../shared/wire/native.ts';
import { type HostProcess, startHost } from '../host-process.ts';
import { wrapped } from './process.ts';
import { inNamespace } from './run.ts';
import type { Scene } from './scene.ts';

export interface LabClient {
  readonly host: HostProcess;
  readonly account: Key;
  /** Needs that were answered, in order. */
  readonly answered: readonly Need['kind'][];
  want(exits: readonly ExitWant[], options?: { readonly closeChannels?: boolean }): void;
  disconnect(options?: { readonly closeChannels?: boolean }): void;
  exit(id: string): Exit | undefined;
  /** Fetches through an exit's local proxy, from inside the client's home, and returns the body. */
  fetch(exitId: string, url: string, more?: readonly string[]): Promise<string>;
}

export async function openClient(scene: Scene, tokens: string): Promise<LabClient> {
  const { lab, client, chain } = scene;
  const seed = new Uint8Array(randomBytes(64));
  const account = accountKey(seed);
  await chain.give(account.address, { token: tokens, coin: '1' });
  const host = startHost({
    command: ['ip', ...wrapped(client.home.host, client.user, lab.node, [])],
    main: lab.source('native-host/main.ts'),
    args: [...client.hostArguments, `chrome-extension://${EXTENSION_ID_CHROMIUM}/`],
    env: { HOME: client.user.home },
  });
  host.say({ type: 'hello', version: 1, extensionVersion: '0.1.0' });
  await host.until('welcome', ({ ups }) => ups.some(({ type }) => type === 'welcome'));
  const welcome = host.ups.find((up): up is Extract<Up, { type: 'welcome' }> => up.type === 'welcome');
  if (!welcome) throw new Error('the host said no welcome');
  const { network } = welcome;
  const answered: Need['kind'][] = [];
  const inHand = new Set<string>();
  // One after the other: transactions of one account count up.
  let queue: Promise<void> = Promise.resolve();
  const watch = (): boolean => {
    for (const { exitId, need } of host.snapshot()?.exits ?? []) {
      const key = need ? `${exitId} ${need.kind} ${need.payee}` : '';
      if (!need || inHand.has(key)) continue;
      inHand.add(key);
      answered.push(need.kind);
      queue = queue.then(() => answer(host, need, { seed, account, network }));
    }
    return false;
  };
  void host.until('the end', watch, 3_600_000).catch(() => undefined);

  const intent = (connected: boolean, exits: readonly ExitWant[], closeChannels: boolean): void =>
    host.say({ type: 'intent', connected, payer: account.address, exits: exits.map(plain), closeChannels });
  return {
    host,
    account,
    answered,
    want: (exits, { closeChannels = true } = {}) => {
      inHand.clear();
      intent(true, exits, closeChannels);
    },
    disconnect: ({ closeChannels = true } = {}) => intent(false, [], closeChannels),
    exit: (id) => host.exit(id),
    async fetch(exitId, url, more = []) {
      const proxy = host.exit(exitId)?.proxy;
      if (!proxy) throw new Error(`${exitId} has no proxy`);
      const login = `${proxy.username}:${proxy.password}`;
      const args = ['-sSk', '--max-time', '20', '--proxy', `http://${proxy.host}:${proxy.port}`, '--proxy-user', login];
      return inNamespace(client.home.host, 'curl', [...args, ...more, url]);
    },
  };
}

interface Purse {
  readonly seed: Uint8Array;
  readonly account: Key;
  readonly network: Network;
}

async function answer(host: HostProcess, need: Need, { seed, account, network }: Purse): Promise<void> {
  const signer = channelSigner(seed, 0, need.payee);
  if (need.kind === 'signer') {
    host.say({ type: 'signer', payee: need.payee, privateKey: signer.privateKey as Hex });
    return;
  }
  const facts = await host.ask({ method: 'wallet.account', params: { address: account.address } });
  const action = {
    kind: need.action,
    payee: need.payee as Address,
    signer: signer.address,
    amount: need.suggestedDeposit,
    graceMinutes: need.graceMinutes,
  } as const;
  const { raw } = await signAction(action, account, { ...facts, network });
  await host.ask({ method: 'wallet.broadcast', params: { raw } });
}

/** Wei travel as text. */
function plain({ maxPricePerMB, ...want }: ExitWant) {
  return { ...want, ...(maxPricePerMB === undefined ? {} : { maxPricePerMB: String(maxPricePerMB) }) };
}
