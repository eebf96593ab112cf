/** Reads where a browser wants to go. Pure; it neither resolves nor judges (see targets.ts). */
import { isIPv4, isIPv6 } from 'node:net';

export interface Target {
  /** A name in lower case without the final dot, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface PlainRequest extends Target {
  /** Origin-form of the request: path and query. */
  readonly path: string;
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The authority-form of CONNECT, `host:port` (RFC 9110 §9.3.6). null when it is none. */
export function parseAuthority(text: string): Target | null {
  if (text.length > 300) return null;
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([^:[\]@/?#\s]{1,254})):(\d{1,5})$/.exec(text);
  if (!match) return null;
  const host = match[1] === undefined ? parseHost(match[2] ?? '') : isIPv6(match[1]) ? match[1].toLowerCase() : null;
  const port = Number(match[3]);
  return host === null || port < 1 || port > 65535 ? null : { host, port };
}

/** The absolute-form of a plain request, `http://host[:port]/path` (RFC 9112 §3.2.2). null when it is none. */
export function parseAbsolute(text: string): PlainRequest | null {
  if (text.length > 16_384 || !/^http:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return null;
  const target = parseAuthority(`${url.hostname}:${url.port === '' ? 80 : url.port}`);
  return target && { ...target, path: `${url.pathname}${url.search}` };
}

/**
 * A name as DNS takes it (RFC 1035 §2.3.4 sizes), or an address. Names of digits only are refused: they
 * are how other software spells addresses ("2130706433", "0x7f.1").
 */
export function parseHost(text: string): string | null {
  if (isIPv4(text)) return text;
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return null;
  return /^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '') ? null : name;
}
