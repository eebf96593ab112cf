/** Where things lie unless told otherwise, and the network profile that the settings name. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { WarrenError } from '../../shared/base/errors.ts';
import { type NetworkProfile, NetworkProfileSchema } from '../../shared/wire/network.ts';
import type { Config } from './table.ts';

export interface DefaultPaths {
  readonly config: string;
  readonly keystore: string;
  /** Only where the system gives each user a folder in memory; else the table's own default holds. */
  readonly runtimeDir?: string;
}

/** The folders of the XDG Base Directory Specification. */
export function defaultPaths(home: string, environment: Readonly<Record<string, string | undefined>>): DefaultPaths {
  const { XDG_CONFIG_HOME: configuration, XDG_RUNTIME_DIR: runtime } = environment;
  const folder = join(configuration || join(home, '.config'), 'warren-provider');
  return {
    config: join(folder, 'config.json'),
    keystore: join(folder, 'keystore.json'),
    ...(runtime ? { runtimeDir: join(runtime, 'warren-provider') } : {}),
  };
}

/** Totals of each day: beside the keys, since both are backed up together. */
export function daysFileOf({ keystore }: Config): string {
  return join(dirname(keystore), 'earnings.json');
}

/** @throws WarrenError frame_malformed when the file is missing or no profile. */
export async function readProfile(path: string): Promise<NetworkProfile> {
  try {
    return v.parse(NetworkProfileSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new WarrenError('frame_malformed', `${path} is no network profile.`, 'Give one with --network FILE.', {
      cause,
    });
  }
}
