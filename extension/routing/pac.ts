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
import { SELF_TEST_HOST } from '../../shared/wire/self-test.ts';
import { planExits } from './exits.ts';
import { labelOf } from './hosts.ts';
import { inScope } from './match.ts';
import type { Pass } from './passes.ts';
import { type Action, activeRules, type RouteTable, RouteTableSchema, type Rule } from './rules.ts';

/** tcpmux: needs root to listen on, and nothing does. Connections are refused at once. */
export const DEAD_PORT = 1;
export const DEAD_PROXY = `PROXY 127.0.0.1:${DEAD_PORT}`;

/** Ports of the local proxy, by exit id, for exits that carry traffic now. */
export type LiveExits = ReadonlyMap<string, number>;

const ANSWER = /^(DIRECT|PROXY 127\.0\.0\.1:[1-9]\d{0,4})$/;

/**
 * The rules as text, made once per table: only the ports change while it stands.
 * @param inPrivate for private windows, which have a script of their own.
 * @returns the whole script for the exits that are up. Exits not among them are dead: their sites fail to load. Passes
 *   carry their own end, so that they run out even where nothing is left to take them away.
 * @throws v.ValiError when the table is not valid, RangeError on an impossible port or a rule that looks at
 *   whole addresses (a script sees hosts only). Callers then apply `blockAllPac`.
 */
export function preparePac(
  table: RouteTable,
  inPrivate = false,
): (live: LiveExits, passes?: readonly Pass[]) => string {
  const checked = v.parse(RouteTableSchema, table);
  const rules = activeRules(checked).filter((rule) => inScope(rule.scope, { private: inPrivate }));
  const plan = planExits(checked);
  const index = ascii(indexOf(rules));
  return (live, passes = []) => {
    const answers: string[] = [];
    const answerOf = (action: Action): number => {
      const text = answer(action, plan.exitOf(action), live);
      if (!ANSWER.test(text)) throw new RangeError(`not a proxy answer: ${text}`);
      const known = answers.indexOf(text);
      return known >= 0 ? known : answers.push(text) - 1;
    };
    const byOrder = rules.map((rule) => answerOf(rule.action));
    const rest = answerOf(checked.otherwise);
    const ends = Object.fromEntries(passes.map(({ host, until }) => [`=${host}`, until]));
    const self = answer({ kind: 'default' }, plan.defaultExitId, live);
    const data = `X=${ascii(ends)},W=${ascii([SELF_TEST_HOST, self])},D=${ascii(DEAD_PROXY)},A=${ascii(answers)},O=${ascii(byOrder)},E=${rest},L=${checked.localDirect ? 1 : 0}`;
    return `var ${data},T=${index};\n${RUNTIME}`;
  };
}

/** Names by the first rule that has them; `=` in front keeps a host called `__proto__` a plain key. */
function indexOf(rules: readonly Rule[]) {
  const table = {
    h: {} as Record<string, number>,
    d: {} as Record<string, number>,
    s: {} as Record<string, number>,
    /** Wildcards by a label that the host must have. */
    l: {} as Record<string, [order: number, kind: 'w', text: string][]>,
    p: [] as [order: number, kind: 'w' | 'r', text: string][],
  };
  for (const [order, { match, also = [] }] of rules.entries()) {
    if (match.kind === 'url') throw new RangeError('a rule for whole addresses has no place in a proxy script');
    if (match.kind === 'host') table.h[`=${match.text}`] ??= order;
    else if (match.kind === 'domain') table.d[`=${match.text}`] ??= order;
    else if (match.kind === 'regex') table.p.push([order, 'r', match.text]);
    else {
      const label = labelOf(match.text);
      const key = `=${label}`;
      if (label === null) table.p.push([order, 'w', match.text]);
      else if (table.l[key]) table.l[key].push([order, 'w', match.text]);
      else table.l[key] = [[order, 'w', match.text]];
    }
    for (const name of also) table.s[`=${name}`] ??= order;
  }
  return table;
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

/** `matcher.ts` once more, in the words of a PAC. ES5, so that no engine stumbles. */
const RUNTIME = String.raw`function G(p,t){var i=0,j=0,s=-1,m=0;while(j<t.length){if(p.charAt(i)==="*"){s=i++;m=j}else if(i<p.length&&(p.charAt(i)==="?"||p.charAt(i)===t.charAt(j))){i++;j++}else if(s>=0){i=s+1;j=++m}else return false}while(p.charAt(i)==="*")i++;return i===p.length}
function N(h){h=String(h).toLowerCase();if(h.charAt(0)==="["&&h.charAt(h.length-1)==="]")h=h.slice(1,-1);return h.charAt(h.length-1)==="."?h.slice(0,-1):h}
function I(h){if(/^\d+\.\d+\.\d+\.\d+$/.test(h))return/^(127|10|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(h);if(h.indexOf(":")>=0)return/^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(h);return h==="localhost"||/\.(local|localhost|home\.arpa)$/.test(h)}
function K(t,n){var o=t["="+n];return o===undefined?1e9:o}
function U(t,h){var b=1e9,i=0;for(;;){b=Math.min(b,K(t,h.slice(i)));i=h.indexOf(".",i)+1;if(!i)return b}}
function F(a,h,b){var i,p;for(i=0;i<a.length;i++){p=a[i];if(p[0]>=b)return b;if(p[1]==="w"?G(p[2],h):(p[3]||(p[3]=new RegExp(p[2],"i"))).test(h))return p[0]}return b}
function P(h,b){var s=h.split("."),i,a;b=F(T.p,h,b);for(i=0;i<s.length;i++){a=T.l["="+s[i]];if(a)b=F(a,h,b)}return b}
function V(h){var u,i=0;for(;;){u=X["="+h.slice(i)];if(u!==undefined&&new Date().getTime()<u)return true;i=h.indexOf(".",i)+1;if(!i)return false}}
function FindProxyForURL(url,host){try{var h=N(host),b;if(h===W[0])return W[1];if(V(h))return"DIRECT";b=P(h,Math.min(K(T.h,h),U(T.d,h)));if(b<1e9)return A[O[b]]||D;if(L&&I(h))return"DIRECT";b=U(T.s,h);return A[b<1e9?O[b]:E]||D}catch(e){return D}}
`;
