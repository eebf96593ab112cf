/** Leaves the dashboard's address and token where `status` finds them: mode 0600, in the runtime folder. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import type { Address } from '../../shared/base/units.ts';
import { PortSchema } from '../../shared/wire/schema.ts';
import type { Dashboard } from './server.ts';

const AnnouncementSchema = v.object({ port: PortSchema, token: v.pipe(v.string(), v.regex(/^[\w-]{20,64}$/)) });
export type Announcement = v.InferOutput<typeof AnnouncementSchema>;

const fileOf = (folder: string, account: Address) => join(folder, `provider-${account}.dashboard`);

export const urlOf = ({ port, token }: Announcement) => `http://127.0.0.1:${port}/#${token}`;

export function announceDashboard(folder: string, account: Address, { port, token }: Dashboard) {
  const path = fileOf(folder, account);
  writeFileSync(path, JSON.stringify({ port, token }), { mode: 0o600 });
  return { url: urlOf({ port, token }), remove: () => rmSync(path, { force: true }) };
}

/** @throws WarrenError node_offline when no provider of this account runs. */
export function findDashboard(folder: string, account: Address): Announcement {
  try {
    return v.parse(AnnouncementSchema, JSON.parse(readFileSync(fileOf(folder, account), 'utf8')));
  } catch (cause) {
    throw new WarrenError(
      'node_offline',
      'This provider does not run.',
      `Start it with "${CALLED.provider('start')}".`,
      {
        cause,
      },
    );
  }
}
