/** Which WireGuard this machine has: the kernel's where there is one, else wireguard-go. */
import { WarrenError } from '../../shared/base/errors.ts';
import { CommandFailed, type Programs } from './commands.ts';
import { freshTunnelName } from './marks.ts';
import type { WireGuard } from './wireguard.ts';
import { WireGuardGo } from './wireguard-go.ts';
import { WireGuardTool } from './wireguard-tool.ts';

/** @throws WarrenError `wireguard_unavailable` */
export async function chooseWireGuard(programs: Programs, runtime: string): Promise<WireGuard> {
  if (programs.wg !== null) {
    const kernel = new WireGuardTool({ ...programs, wg: programs.wg }, runtime);
    if (await works(kernel)) return kernel;
  }
  if (programs.wireguardGo !== null) return new WireGuardGo(programs.wireguardGo);
  throw new WarrenError(
    'wireguard_unavailable',
    'This machine has neither the WireGuard kernel module with its tools nor wireguard-go.',
    'Run "sudo apt install wireguard-tools wireguard-go".',
  );
}

/** Asked by making a link: a module may be loaded on demand, so looking at /proc/modules is not enough. */
async function works(wireguard: WireGuard): Promise<boolean> {
  const probe = freshTunnelName();
  try {
    await wireguard.add(probe);
    await wireguard.remove(probe);
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return false;
    throw error;
  }
}
