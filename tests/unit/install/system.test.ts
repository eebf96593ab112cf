/** What an installation does to the group and the service. The real programs are run by tests/net/install.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { System } from '../../../native-host/install/system.ts';
import { BelowRoot, LOCAL_NETWORK } from './below-root.ts';

/** A machine in memory: who is in the group, and every change in order. */
class Twin implements System {
  readonly did: string[] = [];
  hasSystemd = true;
  group: string[] | null;
  constructor(group: string[] | null) {
    this.group = group;
  }
  userExists = async (name: string) => name === 'ann' || name === 'bob';
  members = async () => this.group && [...this.group];
  createGroup = async () => {
    this.did.push('create group');
    this.group = [];
  };
  removeGroup = async () => {
    this.did.push('remove group');
    this.group = null;
  };
  addMember = async (name: string) => {
    this.did.push(`add ${name}`);
    this.group?.push(name);
  };
  removeMember = async (name: string) => {
    this.did.push(`remove ${name}`);
    this.group = this.group?.filter((member) => member !== name) ?? null;
  };
  startService = async (restart: boolean) => void this.did.push(restart ? 'restart' : 'start');
  stopService = async () => void this.did.push('stop');
  forgetService = async () => void this.did.push('forget');
}

const BASIC = ['--network', LOCAL_NETWORK];
let place: BelowRoot;
beforeEach(() => {
  place = new BelowRoot();
});
afterEach(() => place.remove());

describe('the group', () => {
  test('is made, joined, and removed again', async () => {
    const twin = new Twin(null);
    await place.install([...BASIC, '--member', 'ann'], twin);
    expect(twin.group).toEqual(['ann']);
    expect(place.said.join('\n')).toContain('log out and in again');
    await place.uninstall(twin);
    expect(twin.group).toBeNull();
  });

  test('that was there before stays, with those who were in it', async () => {
    const twin = new Twin(['bob']);
    await place.install([...BASIC, '--member', 'ann'], twin);
    await place.install([...BASIC, '--member', 'bob'], twin);
    expect(twin.group).toEqual(['bob', 'ann']);
    await place.uninstall(twin);
    expect(twin.group).toEqual(['bob']);
  });

  test('gets nobody when nobody is named, and that is said', async () => {
    const twin = new Twin(null);
    await place.install(BASIC, twin);
    expect(twin.group).toEqual([]);
    expect(place.said.join('\n')).toContain('--member NAME');
  });

  test('is not touched for a user who does not exist, nor is anything else', async () => {
    const twin = new Twin(null);
    await expect(place.install([...BASIC, '--member', 'eve'], twin)).rejects.toMatchObject({ code: 'user_unknown' });
    expect(twin.did).toEqual([]);
    expect(place.entries()).toEqual([]);
  });
});

describe('the service', () => {
  test('starts after the group is there, and restarts only when its own files changed', async () => {
    const twin = new Twin(null);
    await place.install([...BASIC, '--member', 'ann'], twin);
    await place.install([...BASIC, '--member', 'ann', '--extension', 'a'.repeat(32)], twin);
    expect(twin.did).toEqual(['create group', 'add ann', 'restart', 'start']);
  });

  test('stops before its files go, and systemd forgets it', async () => {
    const twin = new Twin(['ann']);
    await place.install([...BASIC, '--member', 'ann'], twin);
    twin.did.length = 0;
    await place.uninstall(twin);
    expect(twin.did).toEqual(['stop', 'forget']);
  });

  test('without systemd is told as two commands to run by hand', async () => {
    const twin = new Twin(['ann']);
    twin.hasSystemd = false;
    await place.install([...BASIC, '--member', 'ann'], twin);
    expect(twin.did).toEqual([]);
    expect(place.said.slice(-2)).toEqual([
      '  sudo install -d -g warren -m 0750 /run/warren',
      '  sudo /usr/local/lib/warren/node /usr/local/lib/warren/netd.mjs --socket /run/warren/netd.sock --group warren --runtime /run/warren',
    ]);
    await place.uninstall(twin);
    expect(twin.did).toEqual([]);
  });
});
