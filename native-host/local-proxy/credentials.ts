/**
 * The random name and password of one tunnel's proxy. They keep other programs and other users of the
 * machine out of the tunnel; the browser gets them from the extension, nobody types them.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Neither holds a colon, so HTTP Basic (RFC 7617 §2) can carry both. */
export function freshCredentials(): Credentials {
  return { username: randomBytes(9).toString('base64url'), password: randomBytes(24).toString('base64url') };
}

/** Takes the same time whatever differs, the length included. */
export function matches(expected: Credentials, given: Credentials): boolean {
  const name = timingSafeEqual(digest(expected.username), digest(given.username));
  const password = timingSafeEqual(digest(expected.password), digest(given.password));
  return name && password;
}

/** `Basic <base64>` of a Proxy-Authorization field; null when it is anything else. */
export function parseBasic(field: string | undefined): Credentials | null {
  const match = /^basic +([A-Za-z0-9+/_-]{1,512}={0,2}) *$/i.exec(field ?? '');
  if (!match) return null;
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
