/**
 * What the host last said, and the speed of the last minute. Snapshots live in memory only: they name
 * proxy ports and credentials, and a background that slept has lost its host anyway.
 */
import * as v from 'valibot';
import { type Network, type Snapshot, type UpInput, WelcomeSchema } from '../../shared/wire/native.ts';
import type { RateSample, WelcomeInput } from '../messages.ts';
import type { StorageArea } from './store.ts';

type SnapshotInput = Extract<UpInput, { type: 'snapshot' }>;
const SAMPLES = 90;
const SAMPLE_MS = 900;

export class Mirror {
  snapshot: Snapshot | null = null;
  raw: SnapshotInput | null = null;
  welcome: WelcomeInput | null = null;
  network: Network | null = null;
  rates: readonly RateSample[] = [];
  private readonly session: StorageArea;
  private readonly now: () => number;

  constructor(session: StorageArea, now: () => number) {
    this.session = session;
    this.now = now;
  }

  async load(): Promise<void> {
    const stored = (await this.session.get('welcome')).welcome;
    if (v.safeParse(WelcomeSchema, stored).success) this.keepWelcome(stored as WelcomeInput);
  }

  setWelcome(welcome: WelcomeInput): void {
    this.keepWelcome(welcome);
    void this.session.set({ welcome });
  }

  setSnapshot(snapshot: Snapshot, raw: SnapshotInput): void {
    this.snapshot = snapshot;
    this.raw = raw;
    const last = this.rates.at(-1);
    const at = this.now();
    if (!last || at - last.at >= SAMPLE_MS) {
      const down = sum(snapshot.exits.map((exit) => exit.rxRate));
      const up = sum(snapshot.exits.map((exit) => exit.txRate));
      this.rates = [...this.rates, { at, down, up }].slice(-SAMPLES);
    }
  }

  /** The host is gone: its ports and credentials must not be used again. */
  forget(): void {
    this.snapshot = null;
    this.raw = null;
  }

  private keepWelcome(welcome: WelcomeInput): void {
    this.welcome = welcome;
    this.network = v.parse(WelcomeSchema, welcome).network;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
