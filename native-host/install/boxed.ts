/** Browsers of this machine that are packed as Snap or Flatpak: those may not start programs of the system. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';

const BOXED: readonly { readonly path: string; readonly name: string }[] = [
  { path: '/snap/bin/chromium', name: 'Chromium (Snap)' },
  { path: '/snap/bin/firefox', name: 'Firefox (Snap)' },
  { path: '/snap/bin/brave', name: 'Brave (Snap)' },
  { path: '/var/lib/flatpak/app/org.chromium.Chromium', name: 'Chromium (Flatpak)' },
  { path: '/var/lib/flatpak/app/com.google.Chrome', name: 'Chrome (Flatpak)' },
  { path: '/var/lib/flatpak/app/org.mozilla.firefox', name: 'Firefox (Flatpak)' },
  { path: '/var/lib/flatpak/app/com.brave.Browser', name: 'Brave (Flatpak)' },
];

/** A sentence for each. @param root the folder under which the machine's files are looked for. */
export async function boxedBrowsers(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path, name } of BOXED) if (await exists(join(root, path))) found.push(sentence(name));
  return found;
}

function sentence(name: string): string {
  return `${name} is on this machine: a packed browser may not be allowed to start Warren. If the extension still says that one part is missing there, use the distribution's or the maker's package of the browser`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
