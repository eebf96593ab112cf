/** Storage areas, a native port and a proxy control in memory, for the background's tests. */
import type { Desired, ProxyControl } from '../../../extension/background/applier.ts';
import type { NativePort } from '../../../extension/background/native-link.ts';
import type { StorageArea } from '../../../extension/background/store.ts';
import type { DownInput, UpInput } from '../../../shared/wire/native.ts';

export function storage(start: Record<string, unknown> = {}): StorageArea & { readonly items: Map<string, unknown> } {
  const items = new Map(Object.entries(start));
  return {
    items,
    get: async (key) => (items.has(key) ? { [key]: structuredClone(items.get(key)) } : {}),
    set: async (more) => {
      for (const [key, value] of Object.entries(more)) items.set(key, structuredClone(value));
    },
    remove: async (key) => void items.delete(key),
  };
}

export const WELCOME: Extract<UpInput, { type: 'welcome' }> = {
  type: 'welcome',
  version: 1,
  hostVersion: '0.1.0',
  network: {
    name: 'Test',
    chainId: 31337,
    channels: `0x${'1'.repeat(40)}`,
    token: `0x${'2'.repeat(40)}`,
    tokenName: 'Test MYST',
    tokenSymbol: 'MYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
  },
};

type Snapshot = Extract<UpInput, { type: 'snapshot' }>;
export function snapshot(sequence: number, exits: Snapshot['exits'] = []): Snapshot {
  return {
    type: 'snapshot',
    sequence,
    host: { version: '0.1.0', relay: 'connected', ledger: 'reachable', netd: 'ready', backend: 'kernel', nat: null },
    idle: exits.length === 0,
    exits,
    error: null,
  };
}

/** The host's end of one connection. */
export class FakePort implements NativePort {
  readonly sent: DownInput[] = [];
  disconnected = false;
  onSent: (message: DownInput) => void = () => {};
  private handlers: ((message: unknown) => void)[] = [];
  private ends: (() => void)[] = [];

  postMessage(message: unknown): void {
    this.sent.push(message as DownInput);
    this.onSent(message as DownInput);
  }
  disconnect(): void {
    this.disconnected = true;
  }
  onMessage(handler: (message: unknown) => void): void {
    this.handlers.push(handler);
  }
  onDisconnect(handler: () => void): void {
    this.ends.push(handler);
  }

  say(message: unknown): void {
    for (const handler of this.handlers) handler(message);
  }
  die(): void {
    for (const end of this.ends) end();
  }
  of<T extends DownInput['type']>(type: T): Extract<DownInput, { type: T }>[] {
    return this.sent.filter((message): message is Extract<DownInput, { type: T }> => message.type === type);
  }
}

export class FakeControl implements ProxyControl {
  readonly calls: (Desired | 'clear')[] = [];
  who: 'us' | 'nobody' | 'other' = 'us';
  async set(desired: Desired): Promise<void> {
    this.calls.push(desired);
  }
  async clear(): Promise<void> {
    this.calls.push('clear');
  }
  async owner(): Promise<'us' | 'nobody' | 'other'> {
    return this.who;
  }
}
