/** A program that waits for its work does the same as one that is started for it; and nobody waits when nobody may come. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandFailed } from '../../../native-host/netd/commands.ts';
import { Ready } from '../../../native-host/netd/ready.ts';

/** Says which process it is, then what it was told; ends with an error where it is told to. */
const PROGRAM = [
  '/bin/sh',
  '-c',
  'echo $$; while read -r line; do echo "$line"; [ "$line" != fail ] || exit 3; done',
] as const;

/** Of this very process, by what the kernel lists. */
const children = (): number =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).length;

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) throw new Error('it never came so');
}

describe('a program', () => {
  const ready = new Ready(...PROGRAM);
  const before = children();
  let letGo: () => void = () => {};
  afterEach(async () => {
    letGo();
    await until(() => children() === before);
  });

  test('is started when it is needed where none is kept', async () => {
    expect((await ready.run('one\ntwo\n')).split('\n').slice(1)).toEqual(['one', 'two', '']);
    await until(() => children() === before);
  });

  test('waits while somebody wants it to, a new one each time', async () => {
    letGo = ready.hold();
    const also = ready.hold();
    expect(children()).toBe(before + 1);
    const first = await ready.run('a\n');
    await until(() => children() === before + 1);
    const second = await ready.run('b\n');
    expect(first.split('\n')[0]).not.toBe(second.split('\n')[0]);
    letGo();
    letGo();
    await until(() => children() === before + 1);
    also();
    await until(() => children() === before);
  });

  test('that fails is told of, and the next one waits all the same', async () => {
    letGo = ready.hold();
    await expect(ready.run('fail\n')).rejects.toBeInstanceOf(CommandFailed);
    expect(await ready.run('well\n')).toContain('well');
  });

  test('two at once are two processes', async () => {
    letGo = ready.hold();
    const [one, two] = await Promise.all([ready.run('x\n'), ready.run('y\n')]);
    expect([one.split('\n')[1], two.split('\n')[1]]).toEqual(['x', 'y']);
  });

  test('that ended while it waited is started anew', async () => {
    const frail = new Ready('/bin/sh', '-c', 'exit 0');
    const end = frail.hold();
    await until(() => children() === before);
    expect(await frail.run('')).toBe('');
    end();
  });
});
