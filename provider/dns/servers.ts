/**
 * Whom the resolver asks, as the owner writes it: `9.9.9.9#dns.quad9.net` over TLS (as systemd-resolved
 * writes it), `192.168.1.1` in plain text, `system` for what this machine uses itself.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { DNS_PORT } from '../../shared/wire/control.ts';

export interface UpstreamServer {
  readonly address: string;
  readonly port: number;
  /** It is asked over TLS, and its certificate has to be good for this name. Absent: in plain text. */
  readonly tlsName?: string;
}

/** A foundation in Switzerland that keeps no addresses; it does not resolve names known for malware. */
export const DEFAULT_SERVERS = [
  '9.9.9.9#dns.quad9.net',
  '149.112.112.112#dns.quad9.net',
  '2620:fe::fe#dns.quad9.net',
] as const;

/** RFC 7858 §3.1. */
const TLS_PORT = 853;
const MAX_SYSTEM_SERVERS = 3;
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Whether `text` is one entry of the setting. */
export function isServerEntry(text: string): boolean {
  return text === 'system' || parseServer(text) !== null;
}

/** @param entries each as isServerEntry() takes it. */
export async function upstreamServers(entries: readonly string[]): Promise<readonly UpstreamServer[]> {
  const found = await Promise.all(
    entries.map(async (entry) => (entry === 'system' ? systemServers() : [parseServer(entry)])),
  );
  return found.flat().filter((server) => server !== null);
}

function parseServer(text: string): UpstreamServer | null {
  const [address = '', name, more] = text.split('#');
  if (isIP(address) === 0 || more !== undefined) return null;
  if (name === undefined) return { address, port: DNS_PORT };
  return HOST_NAME.test(name) ? { address, port: TLS_PORT, tlsName: name } : null;
}

/** `nameserver` lines of a resolv.conf (resolv.conf(5)); none when there is no such file. */
export async function systemServers(path = '/etc/resolv.conf'): Promise<UpstreamServer[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const found = text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) !== 0);
  return found.slice(0, MAX_SYSTEM_SERVERS).map((address) => ({ address, port: DNS_PORT }));
}
