/** Whether the kernel has a module: loaded, there to be loaded, or not at all. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

export type ModuleState = 'loaded' | 'there' | 'missing';

export function moduleState(module: string): ModuleState {
  if (existsSync(`/sys/module/${module}`)) return 'loaded';
  const folder = `/lib/modules/${release()}`;
  const lists = [`${folder}/modules.dep`, `${folder}/modules.builtin`];
  return lists.some((list) => textOf(list).includes(`/${module}.ko`)) ? 'there' : 'missing';
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
