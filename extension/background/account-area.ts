/** What one account keeps in storage, apart from the others'. The first account's keys are as they always were. */
import type { StorageArea } from './store.ts';

export interface AccountArea extends StorageArea {
  /** Nothing is written from now on: the account is erased, and a late timer must not bring it back. */
  close(): void;
}

export function accountArea(local: StorageArea, index: number): AccountArea {
  const named = (key: string) => (index === 0 ? key : `${key}.${index}`);
  let closed = false;
  return {
    async get(key) {
      const found = await local.get(named(key));
      return named(key) in found ? { [key]: found[named(key)] } : {};
    },
    async set(items) {
      if (closed) return;
      await local.set(Object.fromEntries(Object.entries(items).map(([key, value]) => [named(key), value])));
    },
    remove: (key) => local.remove(named(key)),
    close() {
      closed = true;
    },
  };
}
