/**
 * The machine-wide forwarding switches, needed by providers. They are noted in the runtime folder before
 * they are changed, so that even a killed netd's changes are undone by its successor.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const SYSCTL = '/proc/sys/net';
const V4 = 'ipv4/ip_forward';
const V6 = 'ipv6/conf/all/forwarding';
/** Only what this file itself writes is ever restored from the note. */
const RESTORABLE = /^(ipv4\/ip_forward|ipv6\/conf\/(all\/forwarding|[^/]{1,15}\/accept_ra))$/;

export class Forwarding {
  readonly #note: string;
  #before = new Map<string, string>();
  #holders = 0;

  constructor(runtimeDirectory: string, namespace: string) {
    this.#note = `${runtimeDirectory}/netd-forwarding-${namespace}.json`;
  }

  /** One more provider tunnel needs forwarding. */
  hold(): void {
    if (this.#holders++ === 0) this.#enable();
  }

  /** The last one to release it restores what was there before. */
  release(): void {
    if (--this.#holders === 0) this.restore();
  }

  #enable(): void {
    const wanted = new Map([[V4, '1']]);
    if (existsSync(`${SYSCTL}/${V6}`)) {
      wanted.set(V6, '1');
      // A router ignores router advertisements unless told otherwise; the home's own IPv6 must survive.
      for (const link of readdirSync(`${SYSCTL}/ipv6/conf`))
        if (link !== 'all' && read(`ipv6/conf/${link}/accept_ra`) === '1')
          wanted.set(`ipv6/conf/${link}/accept_ra`, '2');
    }
    for (const [key, value] of wanted) {
      const before = read(key);
      if (before !== null && before !== value) this.#before.set(key, before);
    }
    writeFileSync(this.#note, JSON.stringify([...this.#before]), { mode: 0o600 });
    // accept_ra before forwarding, or a router advertisement may be missed in between.
    for (const [key, value] of [...wanted].reverse()) write(key, value);
  }

  /** Puts back what was changed, in this process or in a killed one before it. */
  restore(): void {
    for (const [key, value] of this.#before.size > 0 ? this.#before : this.#noted()) write(key, value);
    this.#before = new Map();
    rmSync(this.#note, { force: true });
  }

  #noted(): ReadonlyMap<string, string> {
    try {
      const entries: unknown = JSON.parse(readFileSync(this.#note, 'utf8'));
      if (!Array.isArray(entries)) return new Map();
      return new Map(
        entries.filter(
          (entry): entry is [string, string] =>
            Array.isArray(entry) && RESTORABLE.test(String(entry[0])) && /^\d$/.test(String(entry[1])),
        ),
      );
    } catch {
      return new Map();
    }
  }
}

function read(key: string): string | null {
  try {
    return readFileSync(`${SYSCTL}/${key}`, 'utf8').trim();
  } catch {
    return null;
  }
}

/** A link may have gone since; then there is nothing to restore. */
function write(key: string, value: string): void {
  if (existsSync(`${SYSCTL}/${key}`)) writeFileSync(`${SYSCTL}/${key}`, value);
}
