/**
 * Chromium and its DevTools protocol over the pipe, with nothing in between: Playwright stops every new window to
 * prepare it, and that would be measured with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { CDPSession } from 'playwright-core';

const CHROMIUM = '/usr/lib/chromium/chromium';
const ARGS = [
  ...['--headless=new', '--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update', '--window-size=1200,900'],
  // The second lets a client press an extension's icon.
  ...['--remote-debugging-pipe', '--enable-unsafe-extension-debugging'],
];

/** As Playwright's sessions have it, with every command's types. */
export type Send = CDPSession['send'];
type Waiting = { readonly method: string; resolve(result: unknown): void; reject(error: Error): void };
type Answer = { readonly id?: number; readonly result?: unknown; readonly error?: { readonly message: string } };

export class DevTools {
  /** To the browser itself. @throws what it says, or that it ended */
  readonly send: Send;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly into: Writable;
  private rest = '';
  private lastId = 0;

  /** @param profile a folder of its own; @param temporary where Chromium leaves its clutter */
  constructor(profile: string, temporary: string) {
    this.send = this.sender();
    this.child = spawn(CHROMIUM, [...ARGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: temporary },
    });
    this.into = this.child.stdio[3] as Writable;
    const from = this.child.stdio[4] as Readable;
    from.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    this.into.on('error', () => {});
    from.on('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('Chromium ended'));
      this.waiting.clear();
    });
  }

  /** To one target. */
  async attach(targetId: string): Promise<Send> {
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return this.sender(sessionId);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    await this.send('Browser.close').catch(() => {});
    await ended;
  }

  private sender(sessionId?: string): Send {
    const send = (method: string, params: object = {}) =>
      new Promise((resolve, reject) => {
        const id = ++this.lastId;
        this.waiting.set(id, { method, resolve, reject });
        this.into.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
      });
    return send as Send;
  }

  private hear(text: string): void {
    const messages = (this.rest + text).split('\0');
    this.rest = messages.pop() ?? '';
    for (const message of messages) {
      const { id = 0, result, error } = JSON.parse(message) as Answer;
      const known = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) known?.reject(new Error(`${known.method}: ${error.message}`));
      else known?.resolve(result);
    }
  }
}

/** Runs a self-contained function there. @throws what it throws */
export async function play<A, R>(send: Send, run: (argument: A) => R | Promise<R>, argument: A): Promise<R> {
  const expression = `(${run})(${JSON.stringify(argument)})`;
  const { result, exceptionDetails } = await send('Runtime.evaluate', {
    ...{ expression, awaitPromise: true, returnByValue: true },
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as R;
}
