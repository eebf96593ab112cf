/** A real miniupnpd on a home's router: UPnP-IGD, NAT-PMP and PCP, as many a home router has. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';

const CONFIGURATION = `ext_ifname=wan
listening_ip=lan
http_port=5000
enable_upnp=UPNP
enable_natpmp=NATPMP
min_lifetime=2
max_lifetime=86400
secure_mode=yes
notify_interval=30
uuid=6a3e1f0e-6f0a-4f3c-9a55-77617272656e
serial=1
model_number=1
upnp_table_name=upnp
upnp_nat_table_name=upnp
upnp_forward_chain=passed
upnp_nat_chain=mapped
upnp_nat_postrouting_chain=peered
force_igd_desc_v1=FIRST
lease_file=LEASES
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`;

let starts = 0;

/** What the router speaks; many a real one only one of them. */
export interface PortMapperOptions {
  /** NAT-PMP and PCP. */
  readonly natPmp?: boolean;
  readonly upnp?: boolean;
  /** UPnP in its first version. */
  readonly firstVersion?: boolean;
}

/** The home's kind has to be one that `mapsPorts`: its rules hold the chains that the daemon fills. */
export async function startPortMapper(lab: Lab, home: Home, options: PortMapperOptions = {}): Promise<LabProcess> {
  const { natPmp = true, upnp = true, firstVersion = false } = options;
  const word = (yes: boolean): string => (yes ? 'yes' : 'no');
  const configuration = CONFIGURATION.replace('NATPMP', word(natPmp))
    .replace('UPNP', word(upnp))
    .replace('FIRST', word(firstVersion));
  const folder = lab.runtimeFolder(`upnp-${home.name}-${++starts}`);
  const file = join(folder, 'miniupnpd.conf');
  writeFileSync(file, configuration.replace('LEASES', join(folder, 'leases')));
  const daemon = lab.start({
    name: `miniupnpd-${home.name}`,
    namespace: home.router,
    command: '/usr/sbin/miniupnpd',
    args: ['-d', '-f', file, '-P', join(folder, 'pid')],
  });
  await daemon.prints(natPmp ? /Listening for NAT-PMP/ : /HTTP listening on port/);
  return daemon;
}
