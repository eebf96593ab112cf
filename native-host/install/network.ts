/**
 * Which network the installed host will join. A profile is read once, here, and only what the schema
 * knows of it is installed. Must not go to the network itself.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { type NetworkProfile, NetworkProfileSchema } from '../../shared/wire/network.ts';
import { InstallError } from './error.ts';

export interface NetworkChoice {
  /** What was asked for; null: the installed one, else the one public profile of the checkout. */
  readonly file: string | null;
  readonly checkout: string;
  /** Where the installed one is, if there is one; null: none counts. */
  readonly installed: string | null;
}

/** @throws InstallError `network_unreadable`, or `network_missing` when there is none, or no single one, to choose. */
export async function chooseNetwork({ file, checkout, installed: present }: NetworkChoice): Promise<NetworkProfile> {
  if (file !== null) return readProfile(file);
  const installed = present === null ? null : await readProfile(present).catch(() => null);
  if (installed) return installed;
  const folder = join(checkout, 'manifest', 'networks');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const profiles = await Promise.all(names.map((name) => readProfile(join(folder, name))));
  const [only, ...more] = profiles.filter(isPublic);
  if (only && more.length === 0) return only;
  throw missing(names, only !== undefined);
}

/** A profile that names this machine works only where somebody runs a chain and a helper here. */
export function isPublic({ rpcUrl, relays, stun }: NetworkProfile): boolean {
  const hosts = [...[rpcUrl, ...relays].map((url) => new URL(url).hostname), ...stun.map(({ host }) => host)];
  return !hosts.some((host) => host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.'));
}

async function readProfile(file: string): Promise<NetworkProfile> {
  try {
    return v.parse(NetworkProfileSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new InstallError(
      'network_unreadable',
      `${file} can not be read as a network profile: ${reason(cause)}.`,
      'Pass another one with --network FILE; manifest/networks/local.json shows the form.',
      { cause },
    );
  }
}

function reason(cause: unknown): string {
  if (v.isValiError(cause)) return `"${v.getDotPath(cause.issues[0]) ?? 'all of it'}" is missing or wrong`;
  if (cause instanceof SyntaxError) return 'it is not JSON';
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

function missing(names: readonly string[], several: boolean): InstallError {
  const list = names.map((name) => `manifest/networks/${name}`).join(', ');
  const message = several
    ? `There is more than one network to choose from: ${list}.`
    : `No public network ships with Warren yet: ${list} is for a chain and a helper that run on this machine.`;
  return new InstallError(
    'network_missing',
    message,
    `Add which one you want to the command, such as --network manifest/networks/${names[0] ?? 'NAME.json'}`,
  );
}
