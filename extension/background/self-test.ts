/**
 * Does what this browser sends really arrive at Warren? A request for a name that only the local proxy answers tells:
 * settings can say what they like. Run when an exit comes up, and every few minutes while it stays.
 */
import * as v from 'valibot';
import { type SelfTest as Answer, SELF_TEST_HOST, SelfTestSchema } from '../../shared/wire/self-test.ts';
import type { Timers } from './native-link.ts';

export type SelfTestStatus =
  | 'untested'
  | 'ok'
  /** The exit is up, and our own request did not get there. */
  | 'astray';

/** The proxy that must be the one to answer. */
export interface SelfTestTarget {
  readonly port: number;
  readonly username: string;
}

const AGAIN_MS = 5 * 60_000;
const ASTRAY_AGAIN_MS = 5_000;
const RETRY_MS = 1_000;
/** A tunnel may be changing under one request; three in a row are no accident. */
const TRIES = 3;

export class SelfTest {
  status: SelfTestStatus = 'untested';
  /** Whether names are resolved at the exit; null while unknown. */
  names: boolean | null = null;
  private target: SelfTestTarget | null = null;
  private round = 0;
  private stop: () => void = () => {};
  private readonly ask: () => Promise<unknown>;
  private readonly timers: Timers;
  private readonly onChange: () => void;

  /** @param ask fetches the test's address and gives the answer's JSON. */
  constructor(ask: () => Promise<unknown>, timers: Timers, onChange: () => void) {
    this.ask = ask;
    this.timers = timers;
    this.onChange = onChange;
  }

  /** The default exit's proxy as it is now; null while it is not up, or its host knows no such test. */
  follow(target: SelfTestTarget | null): void {
    if (target?.port === this.target?.port && target?.username === this.target?.username) return;
    this.target = target;
    this.become('untested', null);
    this.again(0);
  }

  /** At once: a person asks. Resolves when there is a verdict. */
  async now(): Promise<void> {
    this.stop();
    await this.run();
  }

  private again(ms: number): void {
    this.stop();
    if (this.target) this.stop = this.timers.after(ms, () => void this.run());
  }

  private async run(): Promise<void> {
    const round = ++this.round;
    const { target } = this;
    if (!target) return;
    for (let tries = 1; ; tries++) {
      const answer = await this.answer();
      // Another exit, or another round, has taken over.
      if (round !== this.round || target !== this.target) return;
      const arrived = answer?.proxy === target.username;
      if (arrived || tries === TRIES) {
        this.become(arrived ? 'ok' : 'astray', answer?.names ?? null);
        this.again(arrived ? AGAIN_MS : ASTRAY_AGAIN_MS);
        return;
      }
      await new Promise<void>((done) => this.timers.after(RETRY_MS, done));
    }
  }

  private async answer(): Promise<Answer | null> {
    try {
      return v.parse(SelfTestSchema, await this.ask());
    } catch {
      return null;
    }
  }

  private become(status: SelfTestStatus, names: boolean | null): void {
    if (status === this.status && names === this.names) return;
    this.status = status;
    this.names = names;
    this.onChange();
  }
}

const PATIENCE_MS = 8_000;

export async function fetchSelfTest(): Promise<unknown> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const init = { cache: 'no-store', credentials: 'omit', redirect: 'error', signal } as const;
  return (await fetch(`http://${SELF_TEST_HOST}/`, init)).json();
}
