/** What a tab is told to show in place of the browser's error page, which may come later than that word. */
import { expect, test } from 'vitest';
import { Replacements } from '../../../extension/background/replacements.ts';

const FAILED = 'http://one.example/';

function replacements() {
  const tabs = new Replacements();
  let told = 0;
  const tell = async () => {
    told++;
    throw new Error('the tab may be gone');
  };
  return { tabs, tell, told: () => told };
}

test('a tab is told at once, and again while the error page comes after all, but not for ever', async () => {
  const { tabs, tell, told } = replacements();
  await tabs.tell(1, FAILED, tell);
  expect(told()).toBe(1);
  await tabs.loaded(1, FAILED);
  expect(told()).toBe(2);
  for (let n = 0; n < 5; n++) await tabs.loaded(1, FAILED);
  expect(told()).toBe(3);
});

test('not where it shows something else, asks for another page or is another tab', async () => {
  const { tabs, tell, told } = replacements();
  await tabs.tell(1, FAILED, tell);
  await tabs.loaded(1, 'about:blank');
  await tabs.loaded(2, FAILED);
  tabs.forget(1);
  await tabs.loaded(1, FAILED);
  expect(told()).toBe(1);
});
