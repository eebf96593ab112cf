/** The extension's whole background beside a real chain: asks of the host go straight to a ledger reader. */
import { createWalletClient, type Hex, http, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, vi } from 'vitest';
import { runCommand } from '../../extension/background/commands.ts';
import { Core } from '../../extension/background/core.ts';
import { plain } from '../../extension/background/store.ts';
import type { Command } from '../../extension/messages.ts';
import type { Address } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import type { DownInput, UpInput } from '../../shared/wire/native.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Anvil, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { FakeControl, FakePort, snapshot, storage, WELCOME } from '../unit/extension/fake-browser.ts';
import { exit } from '../unit/extension/tables.ts';

export const MYST = 10n ** 18n;
const [DEPLOYER] = DEV_KEYS;

export class WalletBench {
  readonly anvil: Anvil;
  readonly profile: NetworkProfile;
  readonly reader: ReturnType<typeof createLedgerReader>;
  readonly core: Core;
  #port = new FakePort();
  #sequence = 0;

  /** A wallet with 100 tokens and a coin. @param tokenOf puts another token on the chain. */
  static async create(tokenOf?: (rpcUrl: string, deployerKey: Hex) => Promise<Address>): Promise<WalletBench> {
    const anvil = await startAnvil();
    const token = await tokenOf?.(anvil.rpcUrl, DEPLOYER);
    const bench = new WalletBench(anvil, await deployedProfile(anvil.rpcUrl, token));
    await bench.run({ name: 'wallet.create', password: 'correct horse' });
    bench.core.windowOpened();
    await anvil.rpc('anvil_setBalance', bench.address, `0x${MYST.toString(16)}`);
    await bench.#mint(100n * MYST);
    return bench;
  }

  private constructor(anvil: Anvil, profile: NetworkProfile) {
    this.anvil = anvil;
    this.profile = profile;
    this.reader = createLedgerReader(profile, { pollMs: 50 });
    this.core = new Core({
      platform: 'chromium',
      version: '0.1.0',
      local: storage(),
      session: storage(),
      control: new FakeControl(),
      onChange: () => {},
      selfTest: async () => {
        throw new Error('no proxy in this bench');
      },
      connectNative: () => {
        const port = new FakePort();
        this.#port = port;
        port.onSent = (message) => void this.#answer(message, port);
        return port;
      },
      timers: {
        now: () => Date.now(),
        after: (ms, run) => {
          // Only the watch over transactions is hurried.
          const timer = setTimeout(run, ms === 1_000 ? 50 : ms);
          return () => clearTimeout(timer);
        },
      },
    });
  }

  async close(): Promise<void> {
    this.core.link.want(false);
    this.reader.close();
    await this.anvil.stop();
  }

  run(command: Command): Promise<unknown> {
    return runCommand(command, this.core);
  }

  get address(): Address {
    return this.core.wallet.address as Address;
  }
  get approvals() {
    return this.core.view().approvals;
  }
  get history() {
    return this.core.view().wallet.history;
  }
  /** What a person reads in the activity, newest first. */
  get rows() {
    return this.history.map(({ kind, status }) => [kind, status]);
  }

  parties(payee: Address) {
    return { payer: this.address, signer: this.core.wallet.signerFor(payee).address, payee };
  }

  /** Agrees to the first question. */
  agree(): Promise<unknown> {
    return this.run({ name: 'approve', id: this.approvals[0]?.id ?? '' });
  }

  settled(): Promise<void> {
    return vi.waitFor(() => expect(this.history.filter(({ status }) => status !== 'confirmed')).toEqual([]), 10_000);
  }

  /** The host says that exits need money. None: it needs nothing. */
  need(payees: readonly Address[], action: 'open' | 'topUp' = 'open', pricePerMB = 1_000n): void {
    const exits = payees.map((payee) =>
      exit(`node:${payee}`, {
        phase: 'funding',
        proxy: null,
        since: Date.now(),
        need: {
          kind: 'channel',
          payee,
          signer: this.core.wallet.signerFor(payee).address,
          minDeposit: MYST,
          suggestedDeposit: 5n * MYST,
          graceMinutes: 60,
          pricePerMB,
          action,
        },
      }),
    );
    this.#port.say(snapshot(this.#sequence++, plain(exits) as Extract<UpInput, { type: 'snapshot' }>['exits']));
  }

  /** What warren-host does with these questions: carries them to the chain. */
  async #answer(message: DownInput, to: FakePort): Promise<void> {
    if (message.type === 'hello') {
      const { name, chainId, channels, token, tokenName, tokenSymbol, tokenDecimals, coinSymbol, explorer } =
        this.profile;
      const network = { name, chainId, channels, token, tokenName, tokenSymbol, tokenDecimals, coinSymbol, explorer };
      queueMicrotask(() => to.say({ ...WELCOME, network }));
    }
    if (message.type !== 'request') return;
    const { body, id } = message;
    await this.#ask(body).then(
      (result) => to.say({ type: 'response', id, result: plain(result) }),
      (error) => to.say({ type: 'response', id, error: error.data() }),
    );
  }

  async #ask({ method, params }: Extract<DownInput, { type: 'request' }>['body']): Promise<unknown> {
    const { reader } = this;
    const given = params as never;
    if (method === 'wallet.account') return reader.account((given as { address: Address }).address);
    if (method === 'wallet.channel') return reader.channel(given);
    if (method === 'wallet.broadcast') return { hash: await reader.broadcast((given as { raw: Hex }).raw) };
    if (method === 'wallet.receipt') return reader.receipt((given as { hash: Hex }).hash);
    const { address, from, channels } = given as { address: Address; from?: number; channels: Hex[] };
    return reader.history(address, from, channels);
  }

  async #mint(amount: bigint): Promise<void> {
    const account = privateKeyToAccount(DEPLOYER);
    const client = createWalletClient({ account, transport: http(this.anvil.rpcUrl) });
    const abi = parseAbi(['function mint(address to, uint256 amount)']);
    const args = [this.address, amount] as const;
    await client.writeContract({ address: this.profile.token, abi, functionName: 'mint', args, chain: null });
  }
}
