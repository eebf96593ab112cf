/** What the host's answers to the extension's questions draw on. */
import type { Discovery } from './discovery.ts';
import type { Exits } from './exits.ts';
import type { Shared } from './shared.ts';
import type { World } from './world.ts';

export interface Answering {
  readonly world: World;
  readonly shared: Shared;
  readonly discovery: Discovery;
  readonly exits: Exits;
  readonly relay: () => 'connecting' | 'connected' | 'unreachable';
  readonly testSwitches: boolean;
}
