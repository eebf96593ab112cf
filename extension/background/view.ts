/** The whole picture for the windows, made from the keepers. Derives, never decides. */
import type { ExitView, View } from '../messages.ts';
import { namedExits, planExits } from '../routing/exits.ts';
import { exitState, protectionOf } from '../routing/protection.ts';
import { perHour } from '../wallet/amounts.ts';
import type { Applier } from './applier.ts';
import type { Mirror } from './mirror.ts';
import type { MoneyDesk } from './money/desk.ts';
import { walletView } from './money/view.ts';
import type { NativeLink } from './native-link.ts';
import type { NodeKeeper } from './node-keeper.ts';
import type { PassKeeper } from './pass-keeper.ts';
import type { SelfTest } from './self-test.ts';
import type { SettingsKeeper } from './settings.ts';
import type { WalletKeeper } from './wallet-keeper.ts';

export interface Keepers {
  readonly platform: 'chromium' | 'firefox';
  readonly settings: SettingsKeeper;
  readonly nodes: NodeKeeper;
  readonly wallet: WalletKeeper;
  readonly mirror: Mirror;
  readonly money: MoneyDesk;
  readonly link: NativeLink;
  readonly applier: Applier;
  readonly passes: PassKeeper;
  readonly selfTest: SelfTest;
}

/** @param now epoch ms */
export function buildView(keepers: Keepers, now: number): View {
  const { platform, settings, nodes, wallet, mirror, money, link, applier, passes, selfTest } = keepers;
  const { table, protection: wanted, autoLockMinutes, closeChannels } = settings.current;
  const plan = planExits(table);
  const snapshot = mirror.snapshot;
  const exits = snapshot?.exits ?? [];
  const spent = exits.reduce((sum, exit) => sum + exit.spentSession, 0n);
  const hourly = exits.reduce((sum, exit) => sum + perHour(exit.pricePerMB ?? 0n, exit.rxRate + exit.txRate), 0n);
  return {
    platform,
    protection: protectionOf({
      wanted,
      applied: applier.status,
      host: link.status,
      astray: selfTest.status === 'astray',
      wantedExits: plan.wants.map(({ exitId }) => exitId),
      exits,
    }),
    applied: applier.status,
    host: {
      status: link.status,
      version: mirror.welcome?.hostVersion ?? null,
      error: link.error ?? (snapshot?.error as View['host']['error']) ?? null,
      facts: mirror.raw?.host ?? null,
    },
    routes: {
      revision: settings.revision,
      count: table.rules.length,
      defaultExit: table.defaultExit,
      otherwise: table.otherwise,
      named: namedExits(table),
    },
    passes: passes.current.map(({ host, until }) => ({ host, until })),
    selfTest: { status: selfTest.status, names: selfTest.names },
    bookRevision: nodes.revision,
    canUndo: settings.canUndo,
    settings: { autoLockMinutes, closeChannels },
    settingsBroken: settings.broken,
    exits: (mirror.raw?.exits ?? []).map((raw): ExitView => {
      const { proxy, ...rest } = raw;
      const want = plan.wants.find(({ exitId }) => exitId === raw.exitId);
      return {
        ...rest,
        state: exitState({ phase: raw.phase, proxy }),
        isDefault: raw.exitId === plan.defaultExitId,
        country: raw.node?.country ?? want?.country ?? null,
        pinned: want?.did !== undefined,
      };
    }),
    network: mirror.welcome?.network ?? null,
    wallet: walletView(money, wallet, now, mirror.network?.confirmations ?? 1),
    approvals: money.approvals(),
    unlockNeeded: !wallet.unlocked && exits.some((exit) => exit.need !== null),
    totals: {
      down: total(exits.map((exit) => exit.rxBytes)),
      up: total(exits.map((exit) => exit.txBytes)),
      downRate: total(exits.map((exit) => exit.rxRate)),
      upRate: total(exits.map((exit) => exit.txRate)),
      spent: String(spent),
      perHour: String(hourly),
    },
    rates: mirror.rates,
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
