/** Which WireGuard a netd on this machine takes, asked as netd itself asks. */
import { findPrograms } from '../../native-host/netd/commands.ts';
import { chooseWireGuard } from '../../native-host/netd/wireguard-choice.ts';
import { MEMORY } from '../memory.ts';

export const BACK_END = (await chooseWireGuard(findPrograms(), MEMORY)).kind;
