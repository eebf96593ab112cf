/** What is kept for a window that opens while the background sleeps never says more than "not protected". */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Picture } from '../../../extension/background/picture.ts';
import { PICTURE_KEY, type View } from '../../../extension/messages.ts';
import { storage } from './fake-browser.ts';
import { READY } from './views.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function withState(state: View['protection']['state']): View {
  return { ...READY, protection: { ...READY.protection, state } };
}

test('a view without protection is kept, without what is asked just now', async () => {
  const area = storage();
  const view = { ...withState('off'), approvals: [{ id: 'a' }] } as unknown as View;
  const picture = new Picture(area, () => view);
  await picture.note();
  await vi.runAllTimersAsync();
  expect(area.items.get(PICTURE_KEY)).toEqual({ ...view, approvals: [] });
});

test.each(['connecting', 'protected', 'blocked'] as const)('%s is not kept, and takes away what was', async (state) => {
  const area = storage({ [PICTURE_KEY]: withState('off') });
  const picture = new Picture(area, () => withState(state));
  await picture.note();
  expect(area.items.has(PICTURE_KEY)).toBe(false);
  await vi.runAllTimersAsync();
  expect(area.items.has(PICTURE_KEY)).toBe(false);
});

test('what was to be kept is looked at again before it is', async () => {
  const area = storage();
  let view = withState('off');
  const picture = new Picture(area, () => view);
  await picture.note();
  view = withState('protected');
  await vi.runAllTimersAsync();
  expect(area.items.has(PICTURE_KEY)).toBe(false);
});
