/** Whether browsers find the host, and whether it is this one. */
import type { BrowserFacts, HostFacts } from '../facts.ts';
import { ok, problem, type Verdict, warning } from '../verdict.ts';
import type { Remedies } from './remedies.ts';

export function checkHost({ installed, answer, network, ownVersion }: HostFacts, remedies: Remedies): Verdict {
  const again = remedies.host(installed?.for ?? null)(network);
  if (!installed) return problem('host', 'No browser knows of the Warren host yet: it is not installed.', again);
  if (!answer || 'failure' in answer)
    return problem('host', `The installed host does not start: ${answer?.failure ?? 'it said nothing'}.`, again);
  const whose = installed.for === 'user' ? 'for you alone' : 'for this machine';
  if (isOlder(answer.version, ownVersion))
    return problem('host', `The installed host is release ${answer.version}; this is ${ownVersion}.`, again);
  return ok('host', `Installed ${whose}, release ${answer.version}; it starts and answers.`);
}

export function checkBrowsers(browsers: readonly BrowserFacts[]): Verdict {
  const name = 'browsers';
  const packed = browsers.filter(({ packedAs }) => packedAs !== 'package');
  const free = browsers.filter(({ packedAs }) => packedAs === 'package');
  const list = (some: readonly BrowserFacts[]) => some.map((browser) => browser.name).join(', ');
  if (browsers.length === 0)
    return warning(name, 'No browser that Warren knows was found on this machine.', {
      command: 'install Chromium, Chrome, Edge, Brave, Vivaldi or Firefox from a Debian package',
    });
  if (packed.length === 0) return ok(name, `${list(free)}: may start the host.`);
  const kinds = [...new Set(packed.map(({ packedAs }) => (packedAs === 'snap' ? 'Snap' : 'Flatpak')))].join(' and ');
  const text = `${list(packed)} came as ${kinds}: such a browser is shut off from the system, and may not be allowed to start the host.`;
  const mend = { command: "install the browser from its maker's Debian package, and use Warren in that one" };
  return free.length > 0 ? warning(name, `${text} ${list(free)} can.`, mend) : problem(name, text, mend);
}

/** By the numbers of the release; what is no release is not older. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) {
    const [left = 0, right = 0] = [a[i], b[i]];
    if (left !== right) return left < right;
  }
  return false;
}
