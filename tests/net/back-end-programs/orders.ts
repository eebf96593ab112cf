/** What driver.ts is told, and what it says. */
import type { LocalProxyOptions } from '../../../native-host/local-proxy/api.ts';
import type { WarrenErrorData } from '../../../shared/base/errors.ts';
import type { Verb } from '../../../shared/wire/netd.ts';

export type Order =
  | { readonly what: 'connect' }
  | { readonly what: 'ask'; readonly verb: Verb }
  /** Opens more sockets; answers the ports of all. */
  | { readonly what: 'ports'; readonly count: number }
  | { readonly what: 'proxy'; readonly options: LocalProxyOptions }
  /** Says hello on the control channel; answers the first message that comes, or the loss. */
  | { readonly what: 'control'; readonly from: string }
  | { readonly what: 'lost' }
  | { readonly what: 'close' };

export interface Report {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: WarrenErrorData;
}
