/** What the handshake would have given to both ends; they are alone with each other here. */
import type { IceCredentials } from '../../shared/machine/handshake/api.ts';
import type { Role } from './protocol.ts';

const CREDENTIALS: Readonly<Record<Role, IceCredentials>> = {
  client: { fragment: 'client00', password: 'the-client-s-password-24' },
  provider: { fragment: 'provider', password: 'the-provider-s-passwd-24' },
};

export function credentialsOf(role: Role): { readonly local: IceCredentials; readonly remote: IceCredentials } {
  const other: Role = role === 'client' ? 'provider' : 'client';
  return { local: CREDENTIALS[role], remote: CREDENTIALS[other] };
}
