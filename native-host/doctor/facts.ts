/** What was found on this machine: types only. `probe/` finds it, `checks/` judge it. */
import type { ClockKeeper } from '../../shared/node/clock-offset.ts';
import type { ModuleState } from '../../shared/node/kernel-module.ts';
import type { Holder } from '../../shared/node/port-holders.ts';
import type { StunProbe } from '../../shared/node/stun-probe.ts';
import type { GroupState } from '../../shared/node/warren-group.ts';

export interface HostFacts {
  /** The host that browsers would start, by the first manifest found; null: none. */
  readonly installed: { readonly wrapper: string; readonly for: 'machine' | 'user' } | null;
  /** What it said when it was started: its release, or why not. */
  readonly answer: { readonly version: string } | { readonly failure: string } | null;
  /** The profile that was named, for whoever installs it. */
  readonly network: string | null;
  /** The release of this checkout. */
  readonly ownVersion: string;
}

export interface BrowserFacts {
  readonly name: string;
  readonly packedAs: 'package' | 'snap' | 'flatpak';
}

export interface TunnelFacts {
  readonly netd:
    | { readonly state: 'answers'; readonly backend: string }
    /** Its socket is there, and nobody listens. */
    | { readonly state: 'silent' }
    /** This user may not speak to it. */
    | { readonly state: 'denied' }
    | { readonly state: 'old'; readonly message: string }
    | { readonly state: 'absent' };
  /** systemd knows of it … */
  readonly unit: boolean;
  /** … and runs this machine. */
  readonly systemd: boolean;
  /** The profile that was named, and the one that the user has installed. */
  readonly network: { readonly named: string | null; readonly own: string | null };
  readonly group: GroupState;
  readonly user: string;
  readonly namespaces: {
    readonly work: boolean;
    /** What unshare(1) said. */
    readonly said: string;
    /** Why not, by the switches of the kernel. */
    readonly forbiddenBy: 'apparmor' | 'sysctl' | 'limit' | null;
  };
  readonly wireGuard: {
    readonly module: ModuleState;
    readonly tool: boolean;
    readonly go: boolean;
    /** Whether this user may open /dev/net/tun, which wireguard-go needs. */
    readonly tun: 'open' | 'closed' | 'missing';
    /** Its permissions, octal. */
    readonly tunMode: string;
  };
  /** Debian packages of programs that are missing. */
  readonly missingPackages: readonly string[];
}

export interface NetworkFacts {
  /** The network's name; null: no profile is installed, and none was given. */
  readonly profile: string | null;
  readonly stun: StunProbe;
  /** Ms that this machine's clock is ahead of the network's servers; null: none of them told the time. */
  readonly clockAhead: number | null;
  readonly clockKeeper: ClockKeeper;
  /** A UDP port, and a TCP port of loopback. */
  readonly udpPort: PortFacts;
  readonly tcpPort: PortFacts;
  /** The user's folder in memory, or null when there is none. */
  readonly memory: string | null;
}

/** Null: one could be had. Else the error's code, and whoever holds most of them. */
export type PortFacts = { readonly code: string; readonly busiest: Holder | null } | null;

export interface Facts {
  readonly host: HostFacts;
  readonly browsers: readonly BrowserFacts[];
  readonly tunnels: TunnelFacts;
  readonly network: NetworkFacts;
}
