/** `./warren install` as a person does it, for the machine and for themselves alone, with the real programs of the system, on a throw-away machine. */
import { beforeAll, describe, expect, test } from 'vitest';
import { EXTENSION_ID_CHROMIUM } from '../../manifest/extension.ts';
import type { Story } from './install-programs/story.ts';
import type { UserStory } from './install-programs/user-story.ts';
import { play } from './throw-away.ts';

let story: Story;
let userStory: UserStory;
beforeAll(async () => {
  // One after the other: a browser takes what the machine has.
  story = await play<Story>('tests/net/install-programs/story.ts');
  userStory = await play<UserStory>('tests/net/install-programs/user-story.ts');
}, 310_000);

test('the command asks for the network, since no public one ships yet', () => {
  expect(story.withoutNetwork.code).toBe(1);
  expect(story.withoutNetwork.text).toContain('--network manifest/networks/local.json');
});

test('with the network it installs, and puts whoever typed it into the group', () => {
  expect(story.installed).toMatchObject({ code: 0, text: expect.stringContaining('ann joined the group warren') });
});

test('the browser that was open finds the host at the next "check again", and runs it as its user', () => {
  expect(story.screenAfter).toBeNull();
  expect(story.hosts).toEqual([expect.stringContaining('--network /usr/local/lib/warren/network.json')]);
});

test('the network daemon, started as the installation says, answers those in the group and nobody else', () => {
  expect(story.netdHello).toEqual({ code: 0, text: 'connected\n' });
  expect(story.netdHelloOfAnother.text).toContain('netd_unreachable');
});

test('a second installation writes nothing', () => {
  expect(story.again.code).toBe(0);
  expect(story.again.text).not.toContain('wrote');
});

test('removal leaves no file, no folder and no group', () => {
  expect(story.removed).toMatchObject({ code: 0, text: expect.stringContaining('removed the group warren') });
  expect(story.left).toEqual([]);
});

describe('for one user, without any right on the machine', () => {
  const verdict = (text: string, name: string) =>
    (JSON.parse(text) as { checks: { name: string; state: string; text: string; mend?: string }[] }).checks.find(
      (check) => check.name === name,
    );

  test('the doctor says what is missing, and the command that mends it', () => {
    expect(userStory.before.code).toBe(1);
    expect(verdict(userStory.before.text, 'host')).toMatchObject({
      state: 'problem',
      mend: './warren install --user',
    });
  });

  test('before, the extension says what is missing and shows the commands that mend it', () => {
    expect(userStory.shown).toEqual({
      user: `./warren install --user --extension ${EXTENSION_ID_CHROMIUM}`,
      package: expect.stringContaining('sudo apt install'),
    });
  });

  test('the one for a single user installs, and the browser that was open finds the host where its user’s manifests are', () => {
    expect(userStory.installed).toMatchObject({ code: 0, text: expect.stringContaining('nothing runs as root') });
    expect(userStory.screenAfter).toBeNull();
    expect(userStory.hosts).toEqual([expect.stringContaining('--network /home/bob/.local/lib/warren/network.json')]);
  });

  test('the doctor then starts the host itself, and finds that tunnels can be made without root', () => {
    expect(verdict(userStory.doctor.text, 'host')).toMatchObject({ state: 'ok' });
    expect(verdict(userStory.doctor.text, 'daemon')).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('without root'),
    });
  });

  test('removal leaves no file', () => {
    expect(userStory.removed).toMatchObject({ code: 0, text: expect.stringContaining('Warren is removed') });
    expect(userStory.left).toEqual([]);
  });
});
