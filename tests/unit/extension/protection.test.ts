import { describe, expect, test } from 'vitest';
import { type Facts, type HostStatus, protectionOf } from '../../../extension/routing/protection.ts';
import { exit } from './tables.ts';

const UP: Facts = {
  wanted: true,
  applied: 'applied',
  host: 'ready',
  astray: false,
  wantedExits: ['a', 'b'],
  exits: [exit('a'), exit('b')],
};

describe('the word that Warren says about itself', () => {
  test('is protected only when every wanted exit is up and the proxy is ours', () => {
    expect(protectionOf(UP)).toMatchObject({ state: 'protected', up: 2, total: 2 });
  });

  test('is not protected when something may go beside the proxy, or a request of our own went astray', () => {
    expect(protectionOf({ ...UP, applied: 'exposed' })).toMatchObject({ state: 'off', why: 'exposed' });
    expect(protectionOf({ ...UP, astray: true })).toMatchObject({ state: 'off', why: 'astray' });
  });

  test('is not protected when another extension owns the proxy, whatever the tunnels do', () => {
    expect(protectionOf({ ...UP, applied: 'conflict' })).toMatchObject({ state: 'off', why: 'conflict' });
  });

  test('is not protected when it is not wanted, even with exits still closing', () => {
    expect(protectionOf({ ...UP, wanted: false }).state).toBe('off');
  });

  test.each<[HostStatus, string]>([
    ['missing', 'blocked'],
    ['tooOld', 'blocked'],
    ['broken', 'blocked'],
    ['starting', 'connecting'],
    ['asleep', 'connecting'],
  ])('with the host %s it is %s', (host, state) => expect(protectionOf({ ...UP, host, exits: [] }).state).toBe(state));

  test.each([
    ['failed', 'blocked'],
    ['gated', 'blocked'],
    ['closed', 'blocked'],
    ['traversing', 'connecting'],
    ['funding', 'connecting'],
  ] as const)('with one exit %s it is %s', (phase, state) => {
    expect(protectionOf({ ...UP, exits: [exit('a'), exit('b', { phase, proxy: null })] })).toMatchObject({
      state,
      up: 1,
    });
  });

  test('an exit that says up without a port is not up', () => {
    expect(protectionOf({ ...UP, exits: [exit('a'), exit('b', { proxy: null })] }).state).toBe('blocked');
  });

  test('an exit that the host has not named yet is being worked on', () => {
    expect(protectionOf({ ...UP, exits: [exit('a')] }).state).toBe('connecting');
  });
});
