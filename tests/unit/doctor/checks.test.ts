/** Every verdict of the doctor over facts as they come from machines: what it says, and which command mends it. */
import { describe, expect, test } from 'vitest';
import { judge } from '../../../native-host/doctor/checks/all.ts';
import { OF_PACKAGES } from '../../../native-host/doctor/checks/remedies.ts';
import type { Facts } from '../../../native-host/doctor/facts.ts';
import { inWords } from '../../../native-host/doctor/in-words.ts';

const WELL: Facts = {
  host: {
    installed: { wrapper: '/home/ann/.local/lib/warren/warren-host', for: 'user' },
    answer: { version: '0.1.0' },
    network: null,
    ownVersion: '0.1.0',
  },
  browsers: [{ name: 'Firefox', packedAs: 'package' }],
  tunnels: {
    netd: { state: 'absent' },
    unit: false,
    systemd: true,
    network: { named: null, own: null },
    group: 'missing',
    user: 'ann',
    namespaces: { work: true, said: '', forbiddenBy: null },
    wireGuard: { module: 'loaded', tool: true, go: false, tun: 'open', tunMode: '0666' },
    missingPackages: [],
  },
  network: {
    profile: 'test',
    stun: { asked: 2, answered: 2, refusedHere: false },
    clockAhead: 300,
    clockKeeper: 'systemd-timesyncd',
    udpPort: null,
    tcpPort: null,
    memory: '/run/user/1000',
  },
};

const host = (change: Partial<Facts['host']>): Facts => ({ ...WELL, host: { ...WELL.host, ...change } });
const tunnels = (change: Partial<Facts['tunnels']>): Facts => ({ ...WELL, tunnels: { ...WELL.tunnels, ...change } });
const network = (change: Partial<Facts['network']>): Facts => ({ ...WELL, network: { ...WELL.network, ...change } });
const forbidden = (by: Facts['tunnels']['namespaces']['forbiddenBy']): Facts['tunnels']['namespaces'] => ({
  work: false,
  said: 'unshare: write failed /proc/self/uid_map: Operation not permitted',
  forbiddenBy: by,
});
const wireGuard = (change: Partial<Facts['tunnels']['wireGuard']>) => ({ ...WELL.tunnels.wireGuard, ...change });

test('a machine with everything, and no root anywhere, is well', () => {
  const verdicts = judge(WELL);
  expect(verdicts.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(verdicts.find(({ name }) => name === 'daemon')?.text).toContain('without root');
});

/** Facts, the one verdict that is not well, and what mends it. */
const CASES: readonly (readonly [string, Facts, string, 'warning' | 'problem', RegExp, RegExp])[] = [
  [
    'no host',
    host({ installed: null, answer: null }),
    'host',
    'problem',
    /not installed/,
    /^\.\/warren install --user$/,
  ],
  [
    'a broken host',
    host({ answer: { failure: 'it is gone' } }),
    'host',
    'problem',
    /does not start: it is gone/,
    /install --user/,
  ],
  [
    'an old host',
    host({ answer: { version: '0.0.9' } }),
    'host',
    'problem',
    /release 0\.0\.9; this is 0\.1\.0/,
    /install --user/,
  ],
  [
    'an old host of the machine',
    host({ answer: { version: '0.0.9' }, installed: { wrapper: '/usr/local/lib/warren/warren-host', for: 'machine' } }),
    ...(['host', 'problem', /release/, /^sudo \.\/warren install$/] as const),
  ],
  [
    'a snap only',
    { ...WELL, browsers: [{ name: 'Firefox', packedAs: 'snap' }] },
    'browsers',
    'problem',
    /Snap/,
    /Debian package/,
  ],
  [
    'a Flatpak beside a package',
    { ...WELL, browsers: [...WELL.browsers, { name: 'Chrome', packedAs: 'flatpak' }] },
    ...(['browsers', 'warning', /Chrome came as Flatpak.*Firefox can/, /Debian package/] as const),
  ],
  ['no browser', { ...WELL, browsers: [] }, 'browsers', 'warning', /No browser/, /install Chromium/],
  [
    'a missing group',
    tunnels({ netd: { state: 'denied' }, group: 'outside' }),
    ...(['group', 'warning', /not in the group/, /usermod -aG warren ann, then log out/] as const),
  ],
  [
    'a group that waits for a new session',
    tunnels({ netd: { state: 'denied' }, group: 'asleep', namespaces: forbidden(null) }),
    ...(['group', 'problem', /before that/, /^log out and in again$/] as const),
  ],
  [
    'a daemon that is down',
    tunnels({ netd: { state: 'silent' } }),
    'daemon',
    'problem',
    /does not run/,
    /systemctl enable --now/,
  ],
  [
    'a daemon that is down where nothing starts it',
    tunnels({ netd: { state: 'absent' }, unit: true, systemd: false }),
    ...(['daemon', 'problem', /does not run/, /sudo install -d -g warren.*netd\.mjs/] as const),
  ],
  [
    'forbidden namespaces, and a profile that the user has',
    tunnels({ namespaces: forbidden('apparmor'), network: { named: null, own: '/home/ann/network.json' } }),
    ...([
      'namespaces',
      'problem',
      /AppArmor/,
      /^sudo .\/warren install --network \/home\/ann\/network.json: /,
    ] as const),
  ],
  [
    'forbidden namespaces beside a daemon that needs none',
    tunnels({ namespaces: forbidden(null), netd: { state: 'denied' }, group: 'outside' }),
    ...(['namespaces', 'problem', /uid_map/, /^use the daemon/] as const),
  ],
  [
    'a daemon of another release',
    tunnels({ netd: { state: 'old', message: 'Old.' } }),
    'daemon',
    'problem',
    /Old/,
    /install/,
  ],
  [
    'Ubuntu’s AppArmor rule',
    tunnels({ namespaces: forbidden('apparmor') }),
    ...([
      'namespaces',
      'problem',
      /AppArmor/,
      /sudo \.\/warren install.*apparmor_restrict_unprivileged_userns=0/,
    ] as const),
  ],
  [
    'Debian’s old switch',
    tunnels({ namespaces: forbidden('sysctl') }),
    'namespaces',
    'problem',
    /forbid/,
    /userns_clone=1/,
  ],
  [
    'no namespaces at all',
    tunnels({ namespaces: forbidden('limit') }),
    'namespaces',
    'problem',
    /no user namespaces/,
    /max_user/,
  ],
  ['an unknown reason', tunnels({ namespaces: forbidden(null) }), 'namespaces', 'problem', /uid_map/, /install/],
  [
    'a module that is not loaded',
    tunnels({ wireGuard: wireGuard({ module: 'there', go: true }) }),
    ...(['wireguard', 'warning', /faster/, /^sudo modprobe wireguard$/] as const),
  ],
  [
    'a module that is not loaded and nothing else',
    tunnels({ wireGuard: wireGuard({ module: 'there' }) }),
    ...(['wireguard', 'problem', /not loaded/, /^sudo modprobe wireguard$/] as const),
  ],
  [
    'no WireGuard',
    tunnels({ wireGuard: wireGuard({ module: 'missing', tool: false }) }),
    ...(['wireguard', 'problem', /no WireGuard/, /^\.\/warren install --user$/] as const),
  ],
  [
    'no TUN device',
    tunnels({ wireGuard: wireGuard({ module: 'missing', go: true, tun: 'missing' }) }),
    ...(['wireguard', 'problem', /\/dev\/net\/tun/, /modprobe tun/] as const),
  ],
  [
    'a TUN device for root alone',
    tunnels({ wireGuard: wireGuard({ module: 'missing', go: true, tun: 'closed' }) }),
    ...(['wireguard', 'problem', /may not open/, /chmod 0666/] as const),
  ],
  [
    'missing programs',
    tunnels({ missingPackages: ['nftables'] }),
    'programs',
    'problem',
    /nftables/,
    /apt-get install -y nftables/,
  ],
  [
    'UDP that the network blocks',
    network({ stun: { asked: 2, answered: 0, refusedHere: false } }),
    ...(['udp', 'problem', /blocks it/, /another network/] as const),
  ],
  [
    'UDP that this machine blocks',
    network({ stun: { asked: 2, answered: 0, refusedHere: true } }),
    ...(['udp', 'problem', /A firewall on this machine/, /allow outgoing UDP.*nft list ruleset/] as const),
  ],
  ['no network', network({ profile: null }), 'udp', 'warning', /no network is installed/, /--network FILE/],
  ['a clock that is wrong', network({ clockAhead: -240_000 }), 'clock', 'problem', /240 s behind/, /set-ntp true/],
  [
    'a clock that nothing keeps',
    network({ clockAhead: 240_000, clockKeeper: 'nobody' }),
    ...(['clock', 'problem', /240 s ahead/, /apt-get install -y systemd-timesyncd/] as const),
  ],
  [
    'busy ports',
    network({ udpPort: { code: 'EADDRINUSE', busiest: null } }),
    ...(['ports', 'problem', /UDP \(EADDRINUSE\)/, /ss -anp/] as const),
  ],
  [
    'ports that one program holds',
    network({
      tcpPort: { code: 'EADDRINUSE', busiest: { program: { name: 'hoarder', pid: 812 }, user: 'ann', ports: 9 } },
    }),
    ...(['ports', 'problem', /TCP .*"hoarder" \(process 812\) holds 9/, /kill 812/] as const),
  ],
  ['nothing in memory', network({ memory: null }), 'memory', 'problem', /off the disk/, /tmpfs/],
];

describe('says what is wrong and how to mend it', () => {
  test.each(CASES)('%s', (_, facts, name, state, text, command) => {
    const verdict = judge(facts).find((one) => one.name === name);
    expect(verdict).toMatchObject({ state });
    expect(verdict?.text).toMatch(text);
    expect(verdict?.mend?.command).toMatch(command);
  });

  test('every problem has a way out, and what runs by itself is what is shown', () => {
    for (const [, facts] of CASES)
      for (const { state, mend } of judge(facts)) {
        if (state === 'problem') expect(mend).toBeDefined();
        if (typeof mend?.run !== 'object') continue;
        expect(mend.command.startsWith(mend.run.join(' '))).toBe(true);
        // Whoever is asked whether it may run knows what it changes, and how to take that back.
        expect(mend.does).toMatch(/\.$/);
        expect(mend.undo).toBeDefined();
      }
  });
});

test('a doctor that came in a package names no command of a checkout', () => {
  for (const [, facts] of CASES) {
    const verdicts = judge(facts, OF_PACKAGES);
    for (const { state, mend } of verdicts) {
      if (state === 'problem') expect(mend).toBeDefined();
      expect(mend?.command ?? '').not.toMatch(/\.\/warren (install|doctor)/);
    }
    expect(inWords(verdicts, false, OF_PACKAGES)).not.toContain('./warren doctor');
  }
});

test('with the daemon running nothing that only a namespace needs is a problem', () => {
  const facts = tunnels({
    netd: { state: 'answers', backend: 'kernel' },
    namespaces: forbidden('apparmor'),
    wireGuard: wireGuard({ module: 'missing', tool: false }),
  });
  expect(judge(facts).filter(({ state }) => state !== 'ok')).toEqual([]);
});

test('without the daemon and without namespaces the way out is the daemon', () => {
  const verdict = judge(tunnels({ namespaces: forbidden('apparmor') })).find(({ name }) => name === 'daemon');
  expect(verdict).toMatchObject({ state: 'problem', mend: { command: 'sudo ./warren install' } });
});

test('a terminal gets a sign, a sentence and the command', () => {
  const text = inWords(judge(network({ clockAhead: 240_000 })), false);
  expect(text).toContain('✗ clock      This machine');
  expect(text).toContain('→ sudo timedatectl set-ntp true');
  expect(text).toContain('One problem in the way.');
  expect(inWords(judge(WELL), false)).toMatch(/All is well\.$/);
});
