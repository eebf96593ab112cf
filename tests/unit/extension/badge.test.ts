/** What the toolbar's icon says: a country, a sign, and the state's word in the user's language. */
import { describe, expect, test, vi } from 'vitest';
import type { View } from '../../../extension/messages.ts';
import { READY } from './views.ts';

vi.mock('../../../extension/browser.ts', async () => {
  const fa = (await import('../../../extension/public/_locales/fa/messages.json')).default as Record<
    string,
    { message: string }
  >;
  return { FIREFOX: false, message: (key: string) => fa[key]?.message ?? '', browser: {} };
});
const { badgeFor } = await import('../../../extension/background/tabs.ts');

const state = (name: View['protection']['state'], why: View['protection']['why'] = 'up'): View => ({
  ...READY,
  protection: { state: name, why, up: 0, total: 1 },
});

describe('the badge', () => {
  test.each([
    ['off', 'asked', '', 'بدون محافظت'],
    ['off', 'conflict', '!', 'بدون محافظت'],
    ['connecting', 'up', '…', 'در حال اتصال'],
    ['blocked', 'up', '!', 'مسدود'],
  ] as const)('in the state %s (%s) shows %j, and says so in the language of the browser', (name, why, text, word) => {
    expect(badgeFor(state(name, why), null)).toMatchObject({ text, title: `Warren: ${word}` });
  });

  test('is empty on a page that goes directly, and warns on one that is blocked', () => {
    expect(badgeFor(state('protected'), 'direct')).toMatchObject({ text: '', title: 'Warren: محافظت‌شده' });
    expect(badgeFor(state('protected'), 'blocked').text).toBe('!');
  });
});
