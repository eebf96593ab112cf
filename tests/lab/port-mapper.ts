/** A real miniupnpd on a home's router: UPnP-IGD, NAT-PMP and PCP, as many a home router has. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';

const CONFIGURATION = `ext_ifname=wan
listening_ip=lan
http_port=5000
enable_upnp=yes
enable_natpmp=yes
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
lease_file=LEASES
allow 1024-65535 0.0.0.0/0 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`;

let starts = 0;

/** The home's kind has to be one that `mapsPorts`: its rules hold the chains that the daemon fills. */
export async function startPortMapper(lab: Lab, home: Home): Promise<LabProcess> {
  const folder = lab.runtimeFolder(`upnp-${home.name}-${++starts}`);
  const file = join(folder, 'miniupnpd.conf');
  writeFileSync(file, CONFIGURATION.replace('LEASES', join(folder, 'leases')));
  const daemon = lab.start({
    name: `miniupnpd-${home.name}`,
    namespace: home.router,
    command: '/usr/sbin/miniupnpd',
    args: ['-d', '-f', file, '-P', join(folder, 'pid')],
  });
  await daemon.prints(/Listening for NAT-PMP/);
  return daemon;
}
