/**
 * Where a browser is mistreated: a home of a lab of its own, an exit that answers every page itself, and the
 * native host of the screenshots, which says what the test wants. No tunnel: those are tested elsewhere. So
 * nothing of a routed site has any business on the home's wire, at the sites or at the name server.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import { writeNativeManifests } from '../../manifest/native-messaging.ts';
import { writeScenario } from '../e2e/shots-host.ts';
import { EMPTY, NODES, PROTECTED } from '../e2e/shots-scenes.ts';
import { addRule, by, PASSWORD } from '../e2e/ui.ts';
import type { Page } from '../lab/browser.ts';
import type { Capture } from '../lab/capture.ts';
import type { Home } from '../lab/home.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { areBundled } from '../lab/programs.ts';
import { SERVERS } from '../lab/servers.ts';
import { iceServer, startTurn } from '../lab/turn.ts';
import { LabExit } from './lab-exit.ts';

/** The rules of every test: the first through the exit, the second blocked, everything else direct. */
export const ROUTED = 'one.example';
export const BLOCKED = 'no.example';
export const DIRECT = 'three.example';

export class BrowserLab {
  /** What the host says of itself when it is next started. */
  capabilities: string[] = [];
  readonly work = mkdtempSync(join(tmpdir(), 'warren-browser-'));
  readonly lab: Lab;
  readonly home: Home;
  readonly exit: LabExit;
  readonly #capture: Capture;
  readonly #scenario = join(this.work, 'scenario.json');

  private constructor(lab: Lab, exit: LabExit, capture: Capture) {
    this.lab = lab;
    this.home = lab.home('a');
    this.exit = exit;
    this.#capture = capture;
  }

  static async create(): Promise<BrowserLab> {
    const lab = await createLab({ homes: [{ name: 'a', wan: '90.54.12.7', lan: 1, nat: 'portRestricted' }] });
    const home = lab.home('a');
    const [exit, capture] = await Promise.all([LabExit.start(lab, home), lab.capture('uplink', home)]);
    const made = new BrowserLab(lab, exit, capture);
    made.host('up');
    return made;
  }

  /** The extension, changed by the plugins. Where the suites' runner has started this, the plain one is built already. */
  async build(target: 'chrome' | 'firefox', plugins: Plugin[] = []): Promise<string> {
    if (areBundled() && plugins.length === 0) return resolve('dist', target);
    process.env.BROWSER_TARGET = target;
    const dist = join(this.work, 'dist');
    await build({ configFile: resolve('vite.config.ts'), logLevel: 'error', build: { outDir: dist }, plugins });
    return dist;
  }

  /** What the native host says from now on; `broken`: nothing that can be read. */
  host(state: 'up' | 'failed' | 'broken'): void {
    if (state === 'broken') {
      writeFileSync(this.#scenario, '{"broken":');
      return;
    }
    const exits = PROTECTED.exits
      .filter((exit) => exit.node?.country === 'DE')
      .map((exit) =>
        state === 'up' ? { ...exit, proxy: this.exit.proxy } : { ...exit, phase: 'failed' as const, proxy: null },
      );
    writeScenario(this.#scenario, { ...EMPTY, exits, capabilities: this.capabilities });
  }

  async installHost(browser: 'chromium' | 'firefox', dir: string, extensionId: string): Promise<void> {
    const wrapper = join(this.work, 'host.sh');
    const host = [process.execPath, resolve('tests/e2e/shots-host.ts'), this.#scenario];
    const exec = host.map((word) => `'${word}'`).join(' ');
    writeFileSync(wrapper, `#!/bin/sh\necho $$ > '${join(this.work, 'pid')}'\nexec ${exec}\n`);
    chmodSync(wrapper, 0o755);
    await writeNativeManifests({ dir, hostPath: wrapper, browser, extensionId });
  }

  /**
   * A relay for calls, on the internet. Only the exit knows it by that name.
   * @returns addresses of pages that call over it: of a routed one by its name, of a direct one by its address
   */
  async startRelay(name: string): Promise<{ readonly routed: string; readonly direct: string }> {
    const [address] = SERVERS.turn;
    await startTurn(this.lab);
    await this.exit.set({ relay: { name, address } });
    return { routed: callingPage(ROUTED, name), direct: callingPage(DIRECT, address) };
  }

  get hostPid(): number {
    return Number(readFileSync(join(this.work, 'pid'), 'utf8'));
  }

  /** One that read a broken scenario has ended by itself by then. */
  killHost(): void {
    try {
      process.kill(this.hostPid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** What got out of a routed or blocked site since the lab began: visits, questions of any type for its names. */
  leaks(): string[] {
    const ours = (name: string) => [ROUTED, BLOCKED].some((site) => name === site || name.endsWith(`.${site}`));
    return [
      ...this.lab.visits.filter(({ site }) => ours(site)).map(({ site, path }) => `visit of ${site}${path}`),
      ...this.lab.questions.filter(({ name }) => ours(name)).map(({ name, type }) => `${type} question for ${name}`),
    ];
  }

  /** Packets on the home's wire that should not be there: to a routed site, or WebRTC's. */
  async strayPackets(): Promise<readonly string[]> {
    return this.packets(`host ${SERVERS.origins[ROUTED]} or udp port 3478`);
  }

  /** Of all that passed the home's wire since the lab began. @param filter of pcap */
  packets(filter: string): Promise<readonly string[]> {
    return this.#capture.matching(filter);
  }

  async close(): Promise<void> {
    await this.lab.close();
    rmSync(this.work, { recursive: true, force: true });
  }
}

/** Where `relayedCall` finds its relay. @param relay its name or address */
export function callingPage(site: string, relay: string): string {
  return `http://${site}/#${encodeURIComponent(JSON.stringify(iceServer(relay)))}`;
}

/** A page of the origin itself, as opposed to one that the exit or a proxy answered. */
export function wayOf(text: string): string {
  return text.includes('You reached this page from') ? 'direct' : text;
}

/** A wallet, DE as the exit, and the rules above. Ends in the popup, connected, unless something is wrong. */
export async function connectFirst(open: (path: 'setup' | 'rules' | 'popup') => Promise<Page>): Promise<void> {
  const setup = await open('setup');
  await by(setup, 'setupCreate').click();
  await by(setup, 'passwordNew').fill(PASSWORD);
  await by(setup, 'passwordRepeat').fill(PASSWORD);
  await by(setup, 'passwordSubmit').click();
  await by(setup, 'seedReveal').waitFor();
  const rules = await open('rules');
  await addRule(rules, ROUTED, `node:${NODES[0]?.did}`);
  await addRule(rules, BLOCKED, 'block');
  await by(rules, 'otherwise').selectOption('direct');
  const popup = await open('popup');
  await by(popup, 'tabNodes').click();
  await by(by(popup, 'nodeRow', { 'data-key': NODES[0]?.did ?? '' }), 'nodeSetDefault').click();
  await by(popup, 'tabConnect').click();
  await by(popup, 'connectSwitch').click();
}
