/** The doctor of a desktop before real faults, typed by a person at a terminal on a throw-away machine: it names each, and mends what mends itself. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ClientStory } from './doctor-programs/client-story.ts';
import type { NamespacesStory } from './doctor-programs/namespaces-story.ts';
import { play } from './throw-away.ts';

/** The line of one check, with the mend below it. */
function said(text: string, check: string): string {
  const lines = text.split('\n');
  const at = lines.findLastIndex((line) => new RegExp(`^[✓!✗] ${check} `).test(line));
  return lines.slice(at, at + 2).join('\n');
}

interface Check {
  readonly name: string;
  readonly state: string;
  readonly text: string;
  readonly mend?: string;
}
const check = ({ text }: { readonly text: string }, name: string) =>
  (JSON.parse(text) as { readonly checks: readonly Check[] }).checks.find((one) => one.name === name);

describe('what a desktop can have', () => {
  let story: ClientStory;
  beforeAll(async () => {
    story = await play<ClientStory>('tests/net/doctor-programs/client-story.ts');
  }, 160_000);

  test('it asks before it uses root, and a no changes nothing of the machine', () => {
    const { asked, text, code } = story.refused;
    expect(asked).toBe(2);
    expect(text).toMatch(/→ sudo usermod -aG warren ann\s+From the next log-in on, ann may speak to warren-netd/);
    expect(text.match(/Not run\./g)).toHaveLength(2);
    expect(said(text, 'group')).toMatch(/^✗ group .*not in the group warren.*\n.*usermod -aG warren ann, then log out/);
    expect(said(text, 'wireguard')).toMatch(/^✗ wireguard .*may not open \/dev\/net\/tun.*\n.*chmod 0666/);
    expect(code).toBe(1);
  });

  test('what needs no root it mends at once: a host of an older release', () => {
    expect(story.refused.text).toMatch(
      /The installed host is release 0\.0\.9; this is [\d.]+\.\s+→ \.\/warren install --user/,
    );
    expect(said(story.refused.text, 'host')).toMatch(/^✓ host +Installed for you alone/);
  });

  test('with a yes it mends the group and the device, and says how to take each back', () => {
    const { asked, text } = story.fixed;
    expect(asked).toBe(2);
    expect(story.members).toMatch(/^warren:.*:ann$/);
    expect(story.tunMode).toBe('666');
    expect(text).toContain('To take it back: sudo gpasswd --delete ann warren');
    expect(text).toContain('To take it back: sudo chmod 0600 /dev/net/tun');
    expect(said(text, 'group')).toMatch(/this session began before that.*\n.*log out and in again/);
    expect(said(text, 'wireguard')).toMatch(/^✓/);
  });

  test('after the next log-in the daemon answers, and there is nothing left that mends itself', () => {
    const { asked, text } = story.again;
    expect(asked).toBe(0);
    expect(text).toContain('There is nothing that mends itself.');
    expect(said(text, 'daemon')).toMatch(/^✓ daemon +warren-netd runs/);
  });

  test('what only a person can mend it names: browsers in a box, a firewall', () => {
    expect(said(story.again.text, 'browsers')).toMatch(
      /^✗ browsers +Chromium, Firefox came as Flatpak and Snap.*\n.*maker's Debian package/,
    );
    expect(said(story.again.text, 'udp')).toMatch(
      /^✗ udp +A firewall on this machine lets no UDP out.*\n.*allow outgoing UDP.*nft list ruleset/,
    );
  });

  test('a browser from a package beside the boxed one is enough', () => {
    expect(check(story.later, 'browsers')).toMatchObject({
      state: 'warning',
      text: expect.stringMatching(/Chromium can\.$/),
    });
  });

  test('busy ports: it says who holds them', () => {
    expect(check(story.later, 'ports')).toMatchObject({
      state: 'problem',
      text: expect.stringMatching(/UDP \("perl" \(process \d+\) holds 4\)/),
      mend: expect.stringMatching(/kill \d+$/),
    });
  });

  test('a wrong clock: how far, and that something has to set it', () => {
    const clock = check(story.later, 'clock');
    expect(clock).toMatchObject({ state: 'problem', mend: expect.stringContaining('clock') });
    expect(Number(/is (\d+) s ahead/.exec(clock?.text ?? '')?.[1])).toBeCloseTo(300, -1);
  });

  test('with all of it mended nothing stands in the way', () => {
    expect(story.well).toMatchObject({ code: 0, text: expect.stringContaining('Nothing stands in the way') });
    for (const name of ['host', 'daemon', 'udp', 'clock', 'ports']) expect(said(story.well.text, name)).toMatch(/^✓/);
  });

  test('what it said takes a mend back does', () => {
    expect(check(story.undone, 'group')).toMatchObject({ text: expect.stringContaining('not in the group') });
    expect(check(story.undone, 'wireguard')).toMatchObject({ text: expect.stringContaining('may not open') });
  });
});

describe('where user namespaces are forbidden', () => {
  let story: NamespacesStory;
  beforeAll(async () => {
    story = await play<NamespacesStory>('tests/net/doctor-programs/namespaces-story.ts');
  }, 160_000);

  test('by the kernel’s own switch', () => {
    expect(check(story.limited, 'namespaces')).toMatchObject({
      state: 'problem',
      text: 'The kernel is set to allow no user namespaces at all.',
      mend: expect.stringMatching(/^sudo \.\/warren install --network .*sysctl user\.max_user_namespaces/),
    });
  });

  test('as Ubuntu’s AppArmor does it: it says so, asks, and installs the daemon, which needs none', () => {
    const { asked, text } = story.fixed;
    expect(text).toMatch(/AppArmor forbids user namespaces to ordinary programs here, as Ubuntu sets it\.\s+/);
    expect(asked).toBe(1);
    expect(text).toContain('→ sudo ./warren install --network /home/bob/.local/lib/warren/network.json');
    expect(text).toContain('To take it back: sudo ./warren uninstall');
  });

  test('where no systemd starts the daemon it says what does', () => {
    expect(said(story.fixed.text, 'daemon')).toMatch(/^✗ daemon +warren-netd is installed and does not run/);
    expect(story.byHand).toMatch(/^sudo install -d -g warren .*, then sudo .*netd\.mjs/);
  });

  test('with the daemon running and a new log-in nothing stands in the way', () => {
    expect(said(story.well.text, 'daemon')).toMatch(/^✓/);
    expect(said(story.well.text, 'namespaces')).toMatch(/^✓ namespaces +AppArmor forbids.*The daemon needs none/);
    expect(story.well.text).not.toContain('✗');
  });
});
