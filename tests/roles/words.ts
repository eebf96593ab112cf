/** What the extension says for an error that a snapshot carries: the very function of its screens, over its English words. */
import { vi } from 'vitest';
import type { WarrenErrorData } from '../../shared/base/errors.ts';

vi.mock('../../extension/browser.ts', async () => {
  const { default: en } = await import('../../extension/public/_locales/en/messages.json');
  const words = en as Record<string, { readonly message: string }>;
  return { FIREFOX: false, browser: {}, message: (key: string) => words[key]?.message ?? '' };
});
const { errorText } = await import('../../extension/ui/i18n.ts');

/** The two sentences on screen as one line. */
export function onScreen(error: WarrenErrorData | null): string {
  if (error === null) return '';
  const { message, action } = errorText(error);
  return `${message} ${action}`;
}
