/** Whether the ports that the settings name are free, and who holds those that are not. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createDatagrams } from '../../shared/node/datagrams.ts';
import type { Mend } from '../../shared/node/mending.ts';
import { type Holder, holderOf, holderWords } from '../../shared/node/port-holders.ts';
import { setSetting } from '../settings/edit.ts';
import type { Config } from '../settings/table.ts';
import { type Finding, ill, well } from './finding.ts';

/** So far from the port that was set another one is looked for. */
const NEAR = 100;

/**
 * Only while the node does not run: it would hold them itself.
 * @param settingsFile where a port may be changed; null: it was given by flag or environment, which win over the file.
 */
export function lookAtPorts(config: Config, settingsFile: string | null): readonly Promise<Finding>[] {
  const { udpPort, dashboardPort } = config;
  return [
    ...(udpPort === 0 ? [] : [lookAtUdp(udpPort)]),
    ...(dashboardPort === 0 ? [] : [lookAtDashboard(dashboardPort, settingsFile)]),
  ];
}

/** It stays as it is: a router forwards it. */
async function lookAtUdp(port: number): Promise<Finding> {
  const name = 'UDP port';
  try {
    await (await createDatagrams({ port })).close();
    return well(name, `${port} is free`);
  } catch {
    const holder = holderOf('udp', port);
    return ill(name, busyWords(port, holder), { command: freeing(holder, 'set another "udpPort" and forward that') });
  }
}

async function lookAtDashboard(port: number, settingsFile: string | null): Promise<Finding> {
  const name = 'Dashboard port';
  if (await isFree(port)) return well(name, `${port} is free`);
  const holder = holderOf('tcp', port);
  const free = settingsFile === null ? null : await freeNear(port);
  const other = free === null ? 'set another "dashboardPort"' : `set "dashboardPort" to ${free}`;
  const mend: Mend = { command: freeing(holder, other) };
  if (settingsFile === null || free === null) return ill(name, busyWords(port, holder), mend);
  return ill(name, busyWords(port, holder), {
    ...mend,
    run: () => setSetting(settingsFile, 'dashboardPort', free),
    does: `"dashboardPort" becomes ${free} in ${settingsFile}.`,
    undo: `set "dashboardPort" to ${port} there`,
  });
}

function busyWords(port: number, holder: Holder | null): string {
  return `Port ${port} is in use${holder ? ` by ${holderWords(holder)}` : ''}.`;
}

function freeing(holder: Holder | null, other: string): string {
  return holder?.program ? `${other}, or end that program: kill ${holder.program.pid}` : other;
}

async function freeNear(port: number): Promise<number | null> {
  for (let other = port + 1; other <= Math.min(port + NEAR, 65_535); other++) if (await isFree(other)) return other;
  return null;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
