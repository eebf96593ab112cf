import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSignedAmounts } from '../../../native-host/signed-amounts.ts';
import type { Hex } from '../../../shared/base/bytes.ts';
import { MEMORY } from '../../memory.ts';

const ONE: Hex = `0x${'11'.repeat(32)}`;
const TWO: Hex = `0x${'22'.repeat(32)}`;
const MODULE = join(import.meta.dirname, '../../../native-host/signed-amounts.ts');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(`${MEMORY}/warren-signed-`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A number that no process has. */
async function goneProcess(): Promise<number> {
  const child = spawn('/bin/true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('the amounts signed', () => {
  test('never fall, and are private', async () => {
    const amounts = await openSignedAmounts(folder);
    amounts.save(ONE, 5n);
    amounts.save(ONE, 3n);
    expect([amounts.find(ONE), amounts.find(TWO)]).toEqual([5n, 0n]);
    expect(statSync(join(folder, `signed-${process.pid}`)).mode & 0o777).toBe(0o600);
    amounts.close();
  });

  test('leave no file when nothing was signed, or all of it is settled', async () => {
    (await openSignedAmounts(folder)).close();
    expect(readdirSync(folder)).toEqual([]);
    const amounts = await openSignedAmounts(folder);
    amounts.save(ONE, 5n);
    amounts.forget(ONE);
    amounts.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of hosts that are gone are taken over, those of running ones only read', async () => {
    const gone = await goneProcess();
    writeFileSync(join(folder, `signed-${gone}`), `${JSON.stringify([ONE, '7'])}\n`);
    writeFileSync(join(folder, 'signed-1'), `${JSON.stringify([TWO, '9'])}\n`);
    const amounts = await openSignedAmounts(folder);
    expect([amounts.find(ONE), amounts.find(TWO)]).toEqual([7n, 9n]);
    expect(readdirSync(folder).sort()).toEqual(['signed-1', `signed-${process.pid}`].sort());
    amounts.close();
    expect((await openSignedAmounts(folder)).find(ONE)).toBe(7n);
  });

  test('cut at any byte hold every amount whose line was written', async () => {
    const gone = await goneProcess();
    const amounts = await openSignedAmounts(folder);
    const own = join(folder, `signed-${process.pid}`);
    const sizes: number[] = [];
    for (let n = 1; n <= 4; n++) {
      amounts.save(ONE, BigInt(n) * 10n ** 18n);
      sizes.push(statSync(own).size);
    }
    const whole = readFileSync(own);
    amounts.close();
    for (let length = 0; length <= whole.length; length++) {
      rmSync(own, { force: true });
      const left = join(folder, `signed-${gone}`);
      writeFileSync(left, whole);
      truncateSync(left, length);
      const next = await openSignedAmounts(folder);
      // A line is whole already when only its end-of-line is missing.
      const written = sizes.filter((size) => size - 1 <= length).length;
      expect(next.find(ONE)).toBe(BigInt(written) * 10n ** 18n);
      next.save(ONE, 10n ** 20n);
      next.close();
      const last = await openSignedAmounts(folder);
      expect(last.find(ONE)).toBe(10n ** 20n);
      last.close();
    }
  });

  test('survive a host that is killed in the middle of signing: nothing that was sent is forgotten', async () => {
    const program = `
      const { openSignedAmounts } = await import(${JSON.stringify(MODULE)});
      const amounts = await openSignedAmounts(${JSON.stringify(folder)});
      for (let n = 1n; ; n++) {
        amounts.save('${ONE}', n);
        process.stdout.write(n + '\\n');
        if (n % 50n === 0n) await new Promise((resolve) => setImmediate(resolve));
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.length > 2_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const sent = said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1) ?? '0';
    expect(BigInt(sent)).toBeGreaterThan(100n);
    expect((await openSignedAmounts(folder)).find(ONE)).toBeGreaterThanOrEqual(BigInt(sent));
  });
});
