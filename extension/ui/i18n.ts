/** Every word on screen comes from `_locales`; this is the only way to it, and its keys are checked. */
import { message } from '../browser.ts';

type English = typeof import('../public/_locales/en/messages.json', { with: { type: 'json' }});

export type Key = Exclude<Extract<keyof English, string>, 'default'>;

export function t(key: Key, ...substitutions: (string | number)[]): string {
  return message(key, ...substitutions.map(String)) || key;
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
