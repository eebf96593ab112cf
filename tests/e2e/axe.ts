/** axe-core on a page as it stands. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: string[]; readonly failureSummary: string }[];
}

/** Prints what it finds, under that name; resolves with how much. */
export async function axeViolations(page: Page, name: string): Promise<number> {
  // Where the page's policy lets no script in that is not its own: the debugger's are.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  for (const { id, help, nodes } of found) {
    console.log(`${name}: ${id}: ${help}`);
    for (const { target, failureSummary } of nodes) console.log(`    ${target.join(' ')}: ${failureSummary}`);
  }
  return found.reduce((sum, { nodes }) => sum + nodes.length, 0);
}
