/** A provider's home, a client's home and what lies between, for the provider's tests: starts things, checks nothing. */
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWalletClient, custom, type Hex, parseAbi, parseEther, publicActions } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { findDashboard } from '../../provider/dashboard/announce.ts';
import type { Status } from '../../provider/dashboard/status.ts';
import { type Address, address, type Did, didOf, type Wei } from '../../shared/base/units.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Chain, profileOf, startChain } from '../lab/chain.ts';
import { RELAY_PORT, STUN_PORT, startHelper } from '../lab/helper.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import type { LabProcess, User } from '../lab/process.ts';
import { inNamespace } from '../lab/run.ts';
import { type Running, startNetd } from '../lab/scene.ts';
import { SERVERS } from '../lab/servers.ts';
import type { ClientCommand, ClientState } from './provider-programs/client.ts';

const PASSWORD = 'lab password';
export const PRICE = '0.0002';
/** The same in wei. */
export const PER_MB = parseEther(PRICE);
export const MEGABYTE = 1_000_000;
/** The site that the tests visit. */
export const ONE = SERVERS.origins['one.example'];

export interface Wallet {
  readonly account: Address;
  readonly signerKey: Hex;
  readonly signer: Address;
  open(payee: Address, tokens: string, graceMinutes: number): Promise<void>;
  requestClose(payee: Address): Promise<void>;
  /** After the notice has run out. @throws when it has not. */
  withdraw(payee: Address): Promise<void>;
}

export class ProviderLab {
  readonly lab: Lab;
  readonly chain: Chain;
  readonly profile: NetworkProfile;
  readonly #network: string;
  readonly #user: User;
  /** The provider's. */
  readonly netd: LabProcess;
  readonly #netdSocket: { readonly client: string; readonly provider: string };
  readonly #config: string;
  readonly #runtime: string;
  readonly #passwordFile: string;
  #greeting = '';
  account: Address = address(`0x${'0'.repeat(40)}`);
  provider: LabProcess | null = null;
  /** What `start` runs, relative to the work tree. */
  program = 'provider/main.ts';
  /** Flags of Node, as a service would set them. */
  nodeOptions = '';
  /** The same for its environment. */
  environment: Readonly<Record<string, string>> = {};

  private constructor(
    lab: Lab,
    chain: Chain,
    sockets: { readonly client: string; readonly provider: string },
    netd: LabProcess,
  ) {
    this.lab = lab;
    this.netd = netd;
    this.chain = chain;
    this.profile = profileOf(chain, { stun: STUN_PORT, relay: RELAY_PORT });
    this.#netdSocket = sockets;
    this.#network = join(lab.paths.run, 'network.json');
    writeFileSync(this.#network, JSON.stringify(this.profile));
    chmodSync(this.#network, 0o644);
    const owner = { uid: lab.paths.uid + 1, gid: lab.paths.uid + 1 };
    // An ordinary user without any capability: netd does what needs one.
    this.#user = { ...owner, groups: [lab.paths.uid + 3], home: lab.diskFolder('de', owner) };
    this.#runtime = lab.runtimeFolder('de-runtime', owner);
    this.#config = join(this.#user.home, 'config.json');
    this.#passwordFile = join(lab.runtimeFolder('de-secret', owner), 'password');
    writeFileSync(this.#passwordFile, PASSWORD, { mode: 0o600 });
    chownSync(this.#passwordFile, owner.uid, owner.gid);
  }

  /** @param netd how the provider's is run */
  static async create(netd: Running = {}): Promise<ProviderLab> {
    const lab = await createLab({
      homes: [
        { name: 'cli', wan: '90.54.12.7', lan: 1, nat: 'portRestricted' },
        { name: 'de', wan: '84.130.44.21', lan: 2, nat: 'portRestricted', neighbour: true },
      ],
    });
    try {
      const [chain, client, provider] = await Promise.all([
        startChain(lab),
        startNetd(lab, 'cli'),
        startNetd(lab, 'de', lab.home('de').host, netd),
        startHelper(lab),
      ]);
      const made = new ProviderLab(lab, chain, { client: client.socket, provider: provider.socket }, provider.process);
      await made.#init();
      return made;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get did(): Did {
    return didOf(this.profile.chainId, this.account);
  }

  /** Path of the network profile. */
  get network(): string {
    return this.#network;
  }

  /** What `init` said. */
  get greeting(): string {
    return this.#greeting;
  }

  /** Edits the settings file as its owner would. @param value undefined: the default again. */
  change(name: string, value: unknown): void {
    const text = readFileSync(this.#config, 'utf8');
    const line = new RegExp(`^ {2}(// )?"${name}": .*$`, 'm');
    const said = value === undefined ? `  // "${name}": null,` : `  "${name}": ${JSON.stringify(value)},`;
    writeFileSync(this.#config, text.replace(line, said));
  }

  get runtime(): string {
    return this.#runtime;
  }

  async #init(): Promise<void> {
    const process = this.#run('init', [
      ...['--network', this.#network],
      ...['--keystore', join(this.#user.home, 'keystore.json')],
      ...['--netd-socket', this.#netdSocket.provider],
      ...['--runtime-dir', this.#runtime],
      ...['--price-per-mb', PRICE, '--min-grace-minutes', '120', '--upstream-dns', 'system'],
    ]);
    if ((await process.exited) !== 0) throw new Error(`init failed\n${process.tail()}`);
    this.#greeting = process.output;
    const { address: account } = JSON.parse(readFileSync(join(this.#user.home, 'keystore.json'), 'utf8'));
    this.account = address(account);
    await this.chain.give(this.account, { coin: '1' });
  }

  /** @param cheat one of tests/roles/programs/cheating-provider.ts; else the honest one. */
  async start(cheat: string | null = null, ...args: readonly string[]): Promise<LabProcess> {
    const process = this.#run('start', args, cheat);
    this.provider = process;
    await process.prints(/"msg":"serving"/);
    return process;
  }

  /** A command of the provider's command line, as its user, in its home. */
  #run(verb: string, args: readonly string[], cheat: string | null = null): LabProcess {
    return this.lab.startNode({
      name: `provider-${verb}`,
      namespace: this.lab.home('de').host,
      file: cheat === null ? this.program : 'tests/roles/programs/cheating-provider.ts',
      env: { ...(cheat === null ? {} : { CHEAT: cheat }), NODE_OPTIONS: this.nodeOptions, ...this.environment },
      args: [verb, '--config', this.#config, '--password-file', this.#passwordFile, ...args],
      user: this.#user,
    });
  }

  async command(verb: string, ...args: readonly string[]): Promise<string> {
    const process = this.#run(verb, args);
    await process.exited;
    return process.output;
  }

  async status(): Promise<Status> {
    const { port, token } = findDashboard(this.#runtime, this.account);
    const args = ['-sf', '--max-time', '5', '-H', `Authorization: Bearer ${token}`];
    const text = await inNamespace(this.lab.home('de').host, 'curl', [...args, `http://127.0.0.1:${port}/api/status`]);
    return JSON.parse(text) as Status;
  }

  async client(name = 'client'): Promise<ScriptedClient> {
    const process = this.lab.startNode({
      name,
      namespace: this.lab.home('cli').host,
      file: 'tests/net/provider-programs/client.ts',
      args: [this.#network, this.#netdSocket.client],
      ipc: true,
    });
    const client = new ScriptedClient(process);
    await client.ready;
    return client;
  }

  /** A wallet with coin and tokens, whose transactions go through the lab's own door to the chain. */
  async wallet(tokens: string): Promise<Wallet> {
    const key = generatePrivateKey();
    const signerKey = generatePrivateKey();
    const { lab, profile } = this;
    const request = ({ method, params }: { method: string; params?: unknown }) => lab.rpc(method, params ?? []);
    const wallet = createWalletClient({
      account: privateKeyToAccount(key),
      transport: custom({ request }),
      pollingInterval: 20,
    }).extend(publicActions);
    const account = address(wallet.account.address);
    const signer = address(privateKeyToAccount(signerKey).address);
    await this.chain.give(account, { coin: '1', token: tokens });
    const channels = parseAbi([
      'function approve(address spender, uint256 amount)',
      'function open(address signer, address payee, uint88 amount, uint16 graceMinutes)',
      'function requestClose(address signer, address payee)',
      'function withdraw(address payer, address signer, address payee)',
    ]);
    const mined = async (hash: Hex) => {
      for (let tries = 0; tries < 200; tries++) {
        const receipt = await wallet.getTransactionReceipt({ hash }).catch(() => null);
        if (receipt?.status === 'success') return;
        if (receipt) throw new Error(`${hash} was reverted`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`${hash} was not mined`);
    };
    type Call = 'approve' | 'open' | 'requestClose' | 'withdraw';
    const write = async (to: Address, functionName: Call, args: readonly unknown[]) =>
      mined(await wallet.writeContract({ address: to, abi: channels, functionName, args: args as never, chain: null }));
    return {
      account,
      signer,
      signerKey,
      async open(payee, amount, graceMinutes) {
        await write(profile.token, 'approve', [profile.channels, parseEther(amount)]);
        await write(profile.channels, 'open', [signer, payee, parseEther(amount), graceMinutes]);
      },
      requestClose: (payee) => write(profile.channels, 'requestClose', [signer, payee]),
      withdraw: (payee) => write(profile.channels, 'withdraw', [account, signer, payee]),
    };
  }

  /** The chain's clock goes on, with a block to show it. */
  async pass(minutes: number): Promise<void> {
    await this.lab.rpc('evm_increaseTime', [minutes * 60]);
    await this.lab.rpc('evm_mine');
  }

  /** Stops the provider in order, and waits until it is gone. */
  async stop(): Promise<void> {
    await this.provider?.stop(40_000);
    this.provider = null;
  }

  balance(of: Address): Promise<Wei> {
    return this.chain.tokenBalance(of);
  }

  close(): Promise<void> {
    return this.lab.close();
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

export class ScriptedClient {
  readonly process: LabProcess;
  readonly ready: Promise<unknown>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  constructor(process: LabProcess) {
    this.process = process;
    this.ready = Promise.race([
      this.#answer(0),
      process.exited.then((code) => Promise.reject(new Error(`the client ended with ${code}\n${process.tail()}`))),
    ]);
    process.child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** @throws what the client met, with its code. */
  ask<T>(command: ClientCommand): Promise<T> {
    const id = this.#next++;
    const answer = this.#answer(id);
    this.process.child.send({ id, command });
    return answer as Promise<T>;
  }

  state(): Promise<ClientState> {
    return this.ask({ verb: 'state' });
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error) reject(Object.assign(new Error(`${error.code}: ${error.message}`), { code: error.code }));
        else resolve(result);
      });
    });
  }
}

/** Waits for a state, looking every 50 ms. @throws when it does not come in time. */
export async function until<T>(what: string, look: () => Promise<T | null | false>, within = 15_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
