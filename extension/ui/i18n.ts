/** Every word on screen comes from `_locales`; this is the only way to it, and its keys are checked. */
import { browser, message } from '../browser.ts';

type English = typeof import('../public/_locales/en/messages.json', { with: { type: 'json' }});

export type Key = Exclude<Extract<keyof English, string>, 'default'>;

const RIGHT_TO_LEFT: readonly string[] = ['fa'];
/** First-strong isolate and its end (Unicode UAX #9): a host's name keeps its own direction, and turns nothing around it. */
const ISOLATE = ['\u2068', '\u2069'] as const;

export function t(key: Key, ...substitutions: (string | number)[]): string {
  return say(key, substitutions) || key;
}

/** Words for a code that somebody else said; empty where there are none. */
export function wordsFor(family: 'said', code: string, values: readonly string[]): string {
  return say(`${family}_${code}`, values);
}

function say(key: string, substitutions: readonly (string | number)[]): string {
  const parts = substitutions.map((part) => (typeof part === 'number' ? part.toLocaleString(language()) : part));
  const rightToLeft = parts.length > 0 && direction() === 'rtl';
  return message(key, ...(rightToLeft ? parts.map((part) => `${ISOLATE[0]}${part}${ISOLATE[1]}`) : parts));
}

/**
 * The language of the words on screen (BCP 47), with the region of the browser's where it is the same language:
 * a browser in a language that Warren does not speak shows English, with English numbers and dates.
 */
export function language(): string {
  const spoken = message('language') || 'en';
  const wanted = browser.i18n.getUILanguage();
  return base(wanted) === base(spoken) ? wanted : spoken;
}

export function direction(): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(base(language())) ? 'rtl' : 'ltr';
}

/** Words for an error code that has some; the host's own sentence otherwise. */
export function errorText(error: { readonly code: string; readonly message: string; readonly action: string }): {
  message: string;
  action: string;
} {
  const said = message(`error_${error.code}`);
  const todo = message(`errorAction_${error.code}`);
  return { message: said || error.message, action: todo || error.action };
}

function base(tag: string): string {
  return tag.split(/[-_]/, 1)[0] ?? tag;
}
