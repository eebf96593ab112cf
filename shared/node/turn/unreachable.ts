import { WarrenError } from '../../base/errors.ts';
import type { TurnServer } from '../../wire/turn/uri.ts';

export function unreachable({ transport, port }: TurnServer, cause: unknown): WarrenError {
  return new WarrenError(
    'turn_unreachable',
    `The relay for difficult networks can not be reached over ${transport.toUpperCase()} on port ${port}.`,
    'Check the internet connection; Warren tries the other ways.',
    { cause },
  );
}
