/** What a windowed program of the lab needs to reach the display of the person who watches. */
import { chownSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from './process.ts';

/** @param folder on tmpfs, the user's own: takes a copy of the display's cookie. */
export function displayEnv(folder: string, user: User): Record<string, string> {
  const display = { DISPLAY: process.env.DISPLAY ?? '' };
  const theirs = process.env.XAUTHORITY ?? `/home/${process.env.SUDO_USER ?? ''}/.Xauthority`;
  if (!existsSync(theirs)) return display;
  const ours = join(folder, 'Xauthority');
  copyFileSync(theirs, ours);
  chownSync(ours, user.uid, user.gid);
  return { ...display, XAUTHORITY: ours };
}
