/**
 * Ties the keepers together: settings and snapshots in; intents, proxy settings and views out.
 * Decides nothing about the network: the host does that from the intent.
 */
import { WarrenError } from '../../shared/base/errors.ts';
import type { DownInput, Snapshot } from '../../shared/wire/native.ts';
import type { View } from '../messages.ts';
import type { MarkName } from '../nodes/book.ts';
import { planExits } from '../routing/exits.ts';
import { type NodeRef, type RouteTable, withoutNode } from '../routing/rules.ts';
import { nextExpiry } from '../routing/temporary.ts';
import { accountArea } from './account-area.ts';
import { Applier, type Desired, type ProxyControl } from './applier.ts';
import { BlockedPages } from './blocked-pages.ts';
import { Mirror } from './mirror.ts';
import { MoneyDesk } from './money/desk.ts';
import { Desks } from './money/desks.ts';
import { NativeLink, type NativePort, type Timers } from './native-link.ts';
import { NodeKeeper } from './node-keeper.ts';
import { PassKeeper } from './pass-keeper.ts';
import { SelfTest } from './self-test.ts';
import { SettingsKeeper } from './settings.ts';
import { Sites } from './sites.ts';
import type { StorageArea } from './store.ts';
import { buildView } from './view.ts';
import { WalletKeeper } from './wallet-keeper.ts';

export interface World {
  readonly platform: 'chromium' | 'firefox';
  readonly version: string;
  readonly local: StorageArea;
  readonly session: StorageArea;
  readonly timers: Timers;
  readonly control: ProxyControl;
  connectNative(): NativePort;
  /** Fetches the self-test's address as any request of this browser goes. @throws where nobody answers. */
  selfTest(): Promise<unknown>;
  /** Something changed; views may be pushed, the badge drawn. */
  onChange(): void;
}

/** How long the host stays after its last use: a click on the popup a moment later finds it warm. */
const LINGER_MS = 20_000;
const BALANCE_MS = 15_000;
/** setTimeout takes no more than 2^31 ms; a day is often enough to look again. */
const MAX_TIMER_MS = 86_400_000;
/** A key that the host still asks for is sent again after this. */
const SIGNER_AGAIN_MS = 2_000;

export class Core {
  readonly settings: SettingsKeeper;
  readonly nodes: NodeKeeper;
  readonly wallet: WalletKeeper;
  readonly mirror: Mirror;
  readonly link: NativeLink;
  private readonly desks: Desks;
  readonly applier: Applier;
  readonly sites: Sites;
  readonly passes: PassKeeper;
  readonly blocked: BlockedPages;
  readonly selfTest: SelfTest;
  /** What the browser should do now. The same object while nothing changes. */
  desired: Desired;
  readonly ready: Promise<void>;
  readonly platform: World['platform'];
  private windows = 0;
  private lastIntent = '';
  private lastBlock: { readonly did: string; readonly table: RouteTable } | null = null;
  private stopWatching: () => void = () => {};
  private stopLinger: () => void = () => {};
  private stopExpiry: () => void = () => {};
  private readonly sentSigners = new Map<string, number>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
    this.platform = world.platform;
    const { local, session, timers } = world;
    this.settings = new SettingsKeeper(local, session, () => timers.now());
    this.nodes = new NodeKeeper(local, () => timers.now());
    this.wallet = new WalletKeeper(
      local,
      session,
      () => timers.now(),
      () => this.settings.current.autoLockMinutes,
    );
    this.mirror = new Mirror(session, () => timers.now());
    this.link = new NativeLink(() => world.connectNative(), timers, world.version, {
      onWelcome: (welcome) => {
        this.mirror.setWelcome(welcome);
        this.lastIntent = '';
        this.sentSigners.clear();
      },
      onSnapshot: (snapshot, raw) => {
        this.mirror.setSnapshot(snapshot, raw);
        void this.afterSnapshot(snapshot);
      },
      onStatus: () => this.afterStatus(),
    });
    this.desks = new Desks((index) => {
      const area = accountArea(local, index);
      const network = () => this.mirror.network;
      const purse = this.wallet.purse(index);
      return { area, desk: new MoneyDesk(area, this.link, purse, timers, network, () => world.onChange()) };
    });
    this.applier = new Applier(world.control, () => world.onChange());
    this.passes = new PassKeeper(session, timers, () => void this.expireRules());
    this.blocked = new BlockedPages(session);
    this.selfTest = new SelfTest(
      () => world.selfTest(),
      timers,
      () => world.onChange(),
    );
    this.sites = new Sites({
      settings: this.settings,
      timers,
      isFirefox: world.platform === 'firefox',
      ports: () => livePorts(this.desired.exits),
      passes: () => this.passes.current,
      onLearned: () => void this.changed(),
    });
    this.desired = { wanted: true, table: this.settings.current.table, exits: [], passes: [] };
    this.ready = this.load();
  }

  /** Of the account in use. */
  get money(): MoneyDesk {
    return this.desks.of(this.wallet.active);
  }

  view(): View {
    return buildView(this, this.world.timers.now());
  }

  /** Blocks after which the wallet calls a transaction confirmed, as the network's profile has it. */
  get confirmations(): number {
    return this.mirror.network?.confirmations ?? 1;
  }

  /** Settings, wallet or exits changed: say it to everyone whom it concerns. */
  async changed(): Promise<void> {
    this.watchExpiry();
    this.sendIntent();
    this.wantHost();
    await this.applyNow();
    this.world.onChange();
  }

  windowOpened(): void {
    this.windows++;
    this.link.eager = true;
    // What failed before nobody looked is looked at anew.
    if (this.windows === 1 && this.link.failing) this.link.retry();
    this.wantHost();
    if (this.windows === 1) this.watchBalance();
    else void this.money.keepTrying();
  }

  windowClosed(): void {
    this.windows--;
    this.link.eager = this.windows > 0;
    this.wantHost();
  }

  /** While somebody looks: what arrives in the wallet shows up by itself. */
  private watchBalance(): void {
    if (this.windows === 0) return;
    if (this.link.status === 'ready') void this.money.keepTrying();
    this.stopWatching();
    this.stopWatching = this.world.timers.after(BALANCE_MS, () => this.watchBalance());
  }

  /** Temporary rules and passes end on time while the background is awake; each wake-up looks once more. */
  async expireRules(): Promise<void> {
    const [rules, passes] = await Promise.all([this.settings.expire(), this.passes.expire()]);
    if (rules || passes) await this.changed();
    else this.watchExpiry();
  }

  private watchExpiry(): void {
    this.stopExpiry();
    const at = nextExpiry(this.settings.current.table);
    if (at === null) return;
    const delay = Math.min(Math.max(0, at - this.world.timers.now()), MAX_TIMER_MS);
    this.stopExpiry = this.world.timers.after(delay, () => void this.expireRules());
  }

  /** @throws WarrenError wallet_missing when it is switched on before there is anything to pay with. */
  async protect(on: boolean): Promise<void> {
    if (on && !this.wallet.exists) {
      throw new WarrenError('wallet_missing', 'There is no wallet yet.', 'Create or import one first.');
    }
    if (on) this.money.askAgain();
    // What was let out of one protection is not let out of the next.
    else await this.passes.end(() => true);
    await this.settings.change({ protection: on });
    await this.changed();
  }

  /**
   * "Direct once": what is blocked in this tab may leave directly, until the tab is closed or the time is over.
   * @throws WarrenError internal when nothing is blocked there: nobody can have pressed our button.
   */
  async letOut(tab: number | null): Promise<void> {
    const page = this.blocked.of(tab);
    if (!page) throw new WarrenError('internal', 'This page is not blocked any more.', 'Open its address again.');
    await this.passes.grant(new URL(page.url).hostname, page.tab);
    await this.changed();
  }

  async endPass(host: string): Promise<void> {
    if (await this.passes.end((pass) => pass.host === host)) await this.changed();
  }

  async tabClosed(tab: number): Promise<void> {
    await this.blocked.forget(tab);
    if (await this.passes.end((pass) => pass.tab === tab)) await this.changed();
  }

  /**
   * Another account of the wallet pays from now on. @param index null for a new one.
   * @throws WarrenError wallet_in_use, wallet_locked
   */
  async useAccount(index: number | null): Promise<void> {
    this.refuseInUse();
    if (index === null) await this.wallet.addAccount();
    else await this.wallet.useAccount(index);
    this.sentSigners.clear();
    await this.desks.load(this.wallet.active);
    await this.changed();
    void this.money.keepTrying();
  }

  /** @throws WarrenError wallet_in_use */
  async eraseWallet(): Promise<void> {
    this.refuseInUse();
    await this.desks.erase(this.wallet.accounts.length);
    await this.wallet.erase();
    this.sentSigners.clear();
    await this.changed();
  }

  private refuseInUse(): void {
    if (!this.settings.current.protection && this.mirror.snapshot?.idle !== false) return;
    const message = 'The wallet pays for a connection now.';
    throw new WarrenError('wallet_in_use', message, 'Disconnect first, and wait until everything is closed.');
  }

  /** The user says that no other extension is in charge any more. */
  async retryProxy(): Promise<void> {
    this.world.control.retry?.();
    await this.changed();
  }

  /**
   * A blocked node is used for nothing: rules that name it take its country instead, and its unblocking
   * brings them back as long as the rules were not changed since.
   */
  async markNode(node: NodeRef, name: MarkName, on: boolean): Promise<void> {
    await this.nodes.mark(node, name, on);
    if (name === 'blocked') {
      const { table } = this.settings.current;
      const without = on ? withoutNode(table, node.did) : table;
      if (without !== table) {
        await this.settings.changeTable(without);
        this.lastBlock = { did: node.did, table: this.settings.current.table };
      } else if (!on && this.lastBlock?.did === node.did && this.lastBlock.table === table) await this.settings.undo();
    }
    await this.changed();
  }

  /** Takes a failed exit out of the intent and puts it back: the host starts it afresh. */
  retryExit(exitId: string): void {
    const intent = this.intent();
    this.money.askAgain();
    this.link.send({ ...intent, exits: intent.exits.filter((want) => want.exitId !== exitId) });
    this.lastIntent = '';
    this.sendIntent();
  }

  private async load(): Promise<void> {
    await this.settings.load();
    await Promise.all([this.passes.load(), this.blocked.load()]);
    // Before anything else: the routes of the last run name ports that are gone.
    const { protection: wanted, table } = this.settings.current;
    this.desired = { wanted, table, exits: [], passes: this.passes.current };
    await this.applier.apply(this.desired);
    await Promise.all([this.wallet.load(), this.mirror.load(), this.nodes.load()]);
    await this.desks.load(this.wallet.active);
    this.watchExpiry();
    this.wantHost();
    this.world.onChange();
  }

  private async afterSnapshot(snapshot: Snapshot): Promise<void> {
    this.answerSigners(snapshot);
    this.wantHost();
    await this.applyNow();
    await this.nodes.follow(snapshot.exits);
    await this.money.follow(snapshot);
    // Once more: a refund may have been noted, a transaction may now be on its way.
    this.wantHost();
    this.world.onChange();
  }

  private afterStatus(): void {
    if (this.link.status === 'ready') {
      this.sendIntent();
      void this.money.keepTrying();
    } else {
      this.mirror.forget();
      void this.nodes.follow([]);
      void this.applyNow();
    }
    this.world.onChange();
  }

  /** The keys that exits wait for; nothing when the wallet is locked (the windows ask for the password then). */
  answerSigners(snapshot: Snapshot): void {
    if (!this.wallet.unlocked) return;
    const now = this.world.timers.now();
    for (const { need } of snapshot.exits) {
      if (need?.kind !== 'signer' || now - (this.sentSigners.get(need.payee) ?? 0) < SIGNER_AGAIN_MS) continue;
      const { privateKey } = this.wallet.signerFor(need.payee);
      const maxPricePerMB = String(this.money.priceFor(need.payee));
      const sent = this.link.send({ type: 'signer', payee: need.payee, privateKey, maxPricePerMB });
      if (sent) this.sentSigners.set(need.payee, now);
    }
  }

  private async applyNow(): Promise<void> {
    const { protection, table } = this.settings.current;
    const exits = this.mirror.snapshot?.exits ?? [];
    this.desired = { wanted: protection, table, exits, passes: this.passes.current };
    await this.applier.apply(this.desired);
    this.selfTest.follow(protection ? this.selfTestTarget() : null);
  }

  private selfTestTarget(): { readonly port: number; readonly username: string } | null {
    if (!this.mirror.welcome?.capabilities?.includes('self-test')) return null;
    const { defaultExitId } = this.sites.routes.plan;
    const exit = this.desired.exits.find(({ exitId, phase }) => exitId === defaultExitId && phase === 'up');
    return exit?.proxy ?? null;
  }

  private intent(): Extract<DownInput, { type: 'intent' }> {
    const { protection, table, closeChannels } = this.settings.current;
    const { blocked } = this.nodes.book;
    return {
      type: 'intent',
      connected: protection,
      payer: this.wallet.address,
      exits: protection ? [...planExits(table).wants] : [],
      closeChannels,
      ...(blocked.length > 0 ? { avoid: blocked.map(({ did }) => did) } : {}),
    };
  }

  private sendIntent(): void {
    const intent = this.intent();
    const text = JSON.stringify(intent);
    if (text !== this.lastIntent && this.link.send(intent)) this.lastIntent = text;
  }

  /** The host runs while it is of use: protection, a window, money on its way, a tunnel still closing. */
  private wantHost(): void {
    const busy =
      this.settings.current.protection ||
      this.windows > 0 ||
      this.money.pending ||
      this.mirror.snapshot?.idle === false;
    this.stopLinger();
    if (busy) this.link.want(true);
    else this.stopLinger = this.world.timers.after(LINGER_MS, () => this.link.want(false));
  }
}

function livePorts(exits: Desired['exits']): ReadonlyMap<number, string> {
  return new Map(exits.flatMap(({ exitId, proxy }) => (proxy ? [[proxy.port, exitId] as const] : [])));
}
