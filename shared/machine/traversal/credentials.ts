/** The checks' names and keys, out of what the handshake agreed on. */
import { utf8 } from '../../base/bytes.ts';
import type { Session } from '../handshake/api.ts';
import type { Credentials } from './api.ts';

export function credentialsOf({ traversal: { local, remote } }: Session): Credentials {
  return {
    localFragment: local.fragment,
    remoteFragment: remote.fragment,
    localPassword: utf8(local.password),
    remotePassword: utf8(remote.password),
  };
}
