/**
 * Writes the proxy auto-config text for Chromium. Only validated data is put into it, as JSON; the
 * code around it never changes.
 *
 * Measured traps that this file exists to avoid (each is a test): a PAC that returns "", "PROXY",
 * "BLOCK" or anything else it cannot parse lets the request go DIRECT; so every answer comes from a
 * table checked here, a throw inside yields the dead proxy, and a dead exit is a closed port, never
 * a fallback list.
 */

import * as v from 'valibot';
import { planExits } from './exits.ts';
import { type Action, type RouteTable, RouteTableSchema } from './rules.ts';

/** tcpmux: needs root to listen on, and nothing does. Connections are refused at once. */
export const DEAD_PORT = 1;
export const DEAD_PROXY = `PROXY 127.0.0.1:${DEAD_PORT}`;

/** Ports of the local proxy, by exit id, for exits that carry traffic now. */
export type LiveExits = ReadonlyMap<string, number>;

const ANSWER = /^(DIRECT|PROXY 127\.0\.0\.1:[1-9]\d{0,4})$/;
const CODE = { domain: 'd', host: 'h', wildcard: 'w', regex: 'r' } as const;

/**
 * @param live exits that are not in it are dead: their sites fail to load.
 * @throws v.ValiError when the table is not valid, RangeError on an impossible port. Callers then apply `blockAllPac`.
 */
export function compilePac(table: RouteTable, live: LiveExits): string {
  const { rules, otherwise, localDirect } = v.parse(RouteTableSchema, table);
  const plan = planExits(table);
  const answers: string[] = [];
  const answerOf = (action: Action): number => {
    const text = answer(action, plan.exitOf(action), live);
    if (!ANSWER.test(text)) throw new RangeError(`not a proxy answer: ${text}`);
    const known = answers.indexOf(text);
    return known >= 0 ? known : answers.push(text) - 1;
  };
  const rows = rules
    .filter((rule) => rule.enabled)
    .map((rule) => [CODE[rule.match.kind], rule.match.text, answerOf(rule.action)]);
  const rest = answerOf(otherwise);
  return `var D=${ascii(DEAD_PROXY)},A=${ascii(answers)},R=${ascii(rows)},O=${rest},L=${localDirect ? 1 : 0};\n${RUNTIME}`;
}

/** Everything fails to load. For the moment before the rules are known. */
export function blockAllPac(): string {
  return `function FindProxyForURL(){return ${ascii(DEAD_PROXY)}}\n`;
}

function answer(action: Action, exitId: string | null, live: LiveExits): string {
  if (action.kind === 'direct') return 'DIRECT';
  const port = exitId === null ? undefined : live.get(exitId);
  if (port === undefined) return DEAD_PROXY;
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new RangeError(`not a port: ${port}`);
  return `PROXY 127.0.0.1:${port}`;
}

/** Chromium takes ASCII only. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `hosts.ts` once more, in the words of a PAC. ES5, so that no engine stumbles. */
const RUNTIME = String.raw`function G(p,t){var i=0,j=0,s=-1,m=0;while(j<t.length){if(p.charAt(i)==="*"){s=i++;m=j}else if(i<p.length&&(p.charAt(i)==="?"||p.charAt(i)===t.charAt(j))){i++;j++}else if(s>=0){i=s+1;j=++m}else return false}while(p.charAt(i)==="*")i++;return i===p.length}
function N(h){h=String(h).toLowerCase();if(h.charAt(0)==="["&&h.charAt(h.length-1)==="]")h=h.slice(1,-1);return h.charAt(h.length-1)==="."?h.slice(0,-1):h}
function I(h){if(/^\d+\.\d+\.\d+\.\d+$/.test(h))return/^(127|10|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(h);if(h.indexOf(":")>=0)return/^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(h);return h==="localhost"||/\.(local|localhost|home\.arpa)$/.test(h)}
function M(k,p,h){if(k==="d"){var n=h.length-p.length;return h===p||n>0&&h.charAt(n-1)==="."&&h.slice(n)===p}if(k==="h")return h===p;if(k==="w")return G(p,h);if(k==="r")return new RegExp(p,"i").test(h);throw 0}
function FindProxyForURL(url,host){try{var h=N(host),i,r;for(i=0;i<R.length;i++){r=R[i];if(M(r[0],r[1],h))return A[r[2]]||D}if(L&&I(h))return"DIRECT";return A[O]||D}catch(e){return D}}
`;
