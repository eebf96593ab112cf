/**
 * Brings the browser's settings in line with what is wanted, one change at a time, the newest last.
 * Says honestly who owns the proxy afterwards: `set` succeeds even when another extension wins.
 */
import type { Exit } from '../../shared/wire/native.ts';
import type { Pass } from '../routing/passes.ts';
import type { ApplyStatus } from '../routing/protection.ts';
import type { RouteTable } from '../routing/rules.ts';

export interface Desired {
  readonly wanted: boolean;
  readonly table: RouteTable;
  readonly exits: readonly Pick<Exit, 'exitId' | 'phase' | 'proxy'>[];
  readonly passes: readonly Pass[];
}

/** Who decides where requests go; `exposed`: we do, and something may go beside them (WebRTC, prefetching). */
export type Owner = 'us' | 'nobody' | 'other' | 'exposed';

/** One browser's way of doing it (`chromium-proxy.ts`, `firefox-proxy.ts`). */
export interface ProxyControl {
  /** Never leaves a moment in which a routed site would go direct. */
  set(desired: Desired): Promise<void>;
  clear(): Promise<void>;
  owner(): Promise<Owner>;
  /** The user says that a rival is gone: what was seen of it no longer counts. */
  retry?(): void;
}

export class Applier {
  status: ApplyStatus = 'off';
  private next: Desired | null = null;
  private running: Promise<void> | null = null;
  private look = false;
  private readonly control: ProxyControl;
  private readonly onStatus: () => void;

  constructor(control: ProxyControl, onStatus: () => void) {
    this.control = control;
    this.onStatus = onStatus;
  }

  apply(desired: Desired): Promise<void> {
    this.next = desired;
    this.running ??= this.drain();
    return this.running;
  }

  /** The browser said that the owner of its settings changed. In turn: a look amid our own change would see a stranger. */
  async check(wanted: boolean): Promise<void> {
    if (!wanted) return;
    this.look = true;
    this.running ??= this.drain();
    await this.running;
  }

  private async drain(): Promise<void> {
    try {
      while (this.next || this.look) {
        const desired = this.next;
        this.next = null;
        this.look = false;
        this.become(desired ? await this.step(desired) : OWNERSHIP[await this.control.owner()]);
      }
    } finally {
      this.running = null;
    }
  }

  private async step(desired: Desired): Promise<ApplyStatus> {
    try {
      if (desired.wanted) await this.control.set(desired);
      else await this.control.clear();
      return desired.wanted ? OWNERSHIP[await this.control.owner()] : 'off';
    } catch (thrown) {
      console.error('proxy settings could not be applied', thrown);
      return desired.wanted ? 'conflict' : 'off';
    }
  }

  private become(status: ApplyStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.onStatus();
  }
}

const OWNERSHIP: Record<Owner, ApplyStatus> = {
  us: 'applied',
  other: 'conflict',
  nobody: 'noFloor',
  exposed: 'exposed',
};
