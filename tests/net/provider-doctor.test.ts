/** The doctor of a provider before real faults, typed by a person at a terminal on a throw-away machine. */
import { beforeAll, expect, test } from 'vitest';
import type { ProviderStory } from './doctor-programs/provider-story.ts';
import { play } from './throw-away.ts';

/** What it found in the end under this name, and what it says to do. */
function said(text: string, name: string): string {
  const lines = text.split('\n');
  const at = lines.findLastIndex((line) => new RegExp(`^[✓!✗] ${name}: `).test(line));
  return lines.slice(at, at + 2).join('\n');
}

let story: ProviderStory;
beforeAll(async () => {
  story = await play<ProviderStory>('tests/net/doctor-programs/provider-story.ts');
}, 160_000);

test('keys that others may read are closed without a question', () => {
  expect(story.first.text).toMatch(/Keys: Others on this machine may read .*\s+→ chmod 600 .*keystore\.json/);
  expect(story.keyMode).toBe('600');
  expect(said(story.first.text, 'Keys')).toMatch(/^✓ Keys: 0x/);
});

test('a daemon that it may not speak to: it asks, joins the group, and works after the next log-in', () => {
  expect(story.first.asked).toBe(1);
  expect(story.first.text).toMatch(/may not talk to warren-netd.*\s+→ sudo usermod -aG warren eve/);
  expect(said(story.first.text, 'warren-netd')).toMatch(/^✗ .*\n.*log out and in again/);
  expect(said(story.second.text, 'warren-netd')).toMatch(/^✓ warren-netd: answers/);
});

test('a busy dashboard port is changed in the settings, whose comments stay', () => {
  expect(story.first.text).toMatch(/Port 4780 is in use by "perl" \(process \d+\)\.\s+→ set "dashboardPort" to 4781/);
  expect(story.settings).toMatch(/^ {2}"dashboardPort": 4781,$/m);
  expect(story.settings).toContain('// The dashboard, on 127.0.0.1 only.');
  expect(said(story.first.text, 'Dashboard port')).toMatch(/^✓ Dashboard port: 4781 is free/);
});

test('a busy public port stays: a router forwards it. Whose it is, is said', () => {
  expect(said(story.first.text, 'UDP port')).toMatch(
    /✗ UDP port: Port 40400 is in use by a program of the user root\.\n.*set another "udpPort"/,
  );
  expect(said(story.second.text, 'UDP port')).toMatch(/^✓ UDP port: 40400 is free/);
});

test('blocked UDP and a wrong clock are named', () => {
  expect(said(story.first.text, 'UDP')).toMatch(
    /✗ UDP: a firewall on this machine lets none out.*\n.*nft list ruleset/,
  );
  expect(said(story.first.text, 'Clock')).toMatch(
    /✗ Clock: (29\d|30\d) s ahead: clients would refuse this node\n.*clock/,
  );
  expect(said(story.second.text, 'UDP')).toMatch(/^✓ UDP: gets through/);
  expect(said(story.second.text, 'Clock')).toMatch(/^✓ Clock: right/);
});

test('another firewall that drops what is forwarded lets our tunnels pass, and nothing else', () => {
  expect(story.second.asked).toBe(1);
  expect(story.second.text).toMatch(/the chain "ip filter FORWARD"\s+→ sudo nft 'insert rule/);
  expect(said(story.second.text, 'Forwarding')).toMatch(/^✓ Forwarding:/);
  expect(story.forwardChain).toMatch(/policy drop;\s+oifname "wrn\*" accept\s+iifname "wrn\*" accept\s+\}/);
});

test('a third time there is nothing that mends itself', () => {
  expect(story.third).toMatchObject({ asked: 0, text: expect.stringContaining('There is nothing that mends itself.') });
});
