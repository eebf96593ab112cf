/** The refusals of netd. They name what was wrong with the request, never what the machine holds. */
import { WarrenError } from '../../shared/base/errors.ts';

export function refuse(
  message: string,
  action = 'Report this: the program asked for something it may not.',
): WarrenError {
  return new WarrenError('netd_refused', message, action);
}
