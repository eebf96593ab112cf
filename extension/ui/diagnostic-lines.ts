/** What the extension itself can see, as lines like the host's; and all of them as a text for whoever helps. */
import { natEase, natText } from '../../shared/base/nat-words.ts';
import type { CommandResults, View } from '../messages.ts';
import { countryName, placeText } from './format.ts';
import { errorText, type Key, t, wordsFor } from './i18n.ts';
import type { WebRtcFinding } from './web-rtc-test.ts';

export type Line = CommandResults['diagnostics']['lines'][number];

/** Of the host's lines; what a newer host adds keeps the host's own. */
const NAMES: Partial<Record<string, Key>> = {
  relays: 'diagRelays',
  ledger: 'diagLedger',
  netd: 'diagNetd',
  nat: 'diagNat',
  stun: 'diagStun',
  turn: 'diagTurn',
};

/** In the user's language, as far as we have words for them. */
export function hostLines(lines: readonly Line[]): Line[] {
  return lines.map((line) => ({ ...line, name: nameOf(line), text: textOf(line) }));
}

function nameOf({ id = '', name, said }: Line): string {
  const [exit] = said?.values ?? [];
  if (id === 'exitAddress' && exit !== undefined) return t('diagExit', exitName(exit));
  const key = NAMES[id];
  return key ? t(key) : name;
}

/** "Kassel, DE", as the host writes it, with the country's name. */
function exitName(told: string): string {
  const [, city, country] = /^(?:(.+), )?([A-Z]{2})$/.exec(told) ?? [];
  if (country === undefined) return told;
  return city === undefined ? countryName(country) : placeText(city, country);
}

function textOf({ text, said }: Line): string {
  if (!said) return text;
  const words = wordsFor('said', said.code, said.values);
  if (words !== '') return words;
  const { message, action } = errorText({ code: said.code, message: text, action: '' });
  return `${message} ${action}`.trim();
}

/** @param known ids that the host has told of itself, in more words. */
export function ownLines(now: View, webRtc: WebRtcFinding | null, known: ReadonlySet<string>): Line[] {
  const { host, applied, selfTest, protection } = now;
  return [
    {
      name: t('diagHost'),
      ok: host.status === 'ready',
      text: `${t(`host_${host.status}`)}${host.version ? ` · ${host.version}` : ''}`,
    },
    { name: t('diagProxy'), ok: ['applied', 'off'].includes(applied), text: t(`applied_${applied}`) },
    // Nothing is routed while protection is off: there is nothing to test.
    ...(protection.state === 'off' && protection.why === 'asked' ? [] : testLines(selfTest, webRtc)),
    { name: t('diagWallet'), ok: now.wallet.exists && now.wallet.backedUp, text: walletText(now) },
    ...factLines(now).filter(({ id }) => !known.has(id ?? '')),
  ];
}

function testLines({ status, names }: View['selfTest'], webRtc: WebRtcFinding | null): Line[] {
  return [
    { name: t('diagRouteTest'), ok: status !== 'astray', text: t(`selfTest_${status}`) },
    ...(status === 'ok'
      ? [{ name: t('diagDnsTest'), ok: names === true, text: t(names ? 'dnsAtExit' : 'dnsSilent') }]
      : []),
    ...(webRtc ? [{ name: t('diagWebRtc'), ok: webRtc !== 'leaks', text: t(`webRtc_${webRtc}`) }] : []),
  ];
}

/** From the snapshot, for as long as the host has not answered for itself. */
function factLines({ host: { facts } }: View): Line[] {
  if (!facts) return [];
  const { relay, ledger, netd, backend, nat } = facts;
  return [
    { id: 'relays', name: t('diagRelays'), ok: relay === 'connected', text: t(`said_${relay}`) },
    { id: 'ledger', name: t('diagLedger'), ok: ledger === 'reachable', text: t(`said_${ledger}`) },
    {
      id: 'netd',
      name: t('diagNetd'),
      ok: netd === 'ready',
      text: [t(`said_${netd}`), backend].filter(Boolean).join(' · '),
    },
    { id: 'nat', name: t('diagNat'), ok: nat !== null, text: nat ? natText(nat) : '–' },
  ];
}

/** What the router's kind means for being met behind it; empty while unknown. */
export function natMeaning({ host: { facts } }: View): string {
  return facts?.nat ? t(`nat_${natEase(facts.nat)}`) : '';
}

function walletText({ wallet }: View): string {
  if (!wallet.exists) return t('noWalletTitle');
  return [wallet.unlocked ? t('unlocked') : t('locked'), wallet.backedUp ? t('backedUp') : t('notBackedUp')].join(
    ' · ',
  );
}

/** As plain text, in which nothing names the user, a place they visited or a key, whatever a line may have said. */
export function reportOf(lines: readonly Line[], about: readonly string[]): string {
  return [...about, ...lines.map(({ name, ok, text }) => `${ok ? 'ok ' : 'NO '} ${name}: ${text}`)]
    .map(redacted)
    .join('\n');
}

const SECRETS: readonly RegExp[] = [
  /\b0x[0-9a-f]{8,}/gi,
  /\bdid:[\w:.%-]+/gi,
  /\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g,
  /\[?(?<![\w.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?/gi,
  /\b(?:https?|wss?|stun|turns?):\/*[^\s,;]+/gi,
  /\b[A-Za-z0-9+/]{40,}={0,2}/g,
];

export function redacted(text: string): string {
  return SECRETS.reduce((left, secret) => left.replace(secret, '…'), text);
}
