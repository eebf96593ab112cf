/**
 * Credentials for our own local proxies. Chromium asks again and again after wrong ones (32 times
 * measured), so each request gets one answer; and only a port that the host names now gets any.
 */

import type { Exit } from '../../shared/wire/native.ts';
import type { AuthAnswer, AuthRequest } from '../browser.ts';

/** One for the request, one for a port that changed hands in between. */
const MAX_ATTEMPTS = 2;
const MAX_REQUESTS = 512;

export class ProxyAuth {
  private readonly attempts = new Map<string, number>();

  /** null: not ours, let the browser ask whom it wants. */
  answer(request: AuthRequest, wanted: boolean, exits: readonly Pick<Exit, 'proxy'>[]): AuthAnswer | null {
    if (!request.isProxy || request.challenger.host !== '127.0.0.1') return null;
    const proxy = exits.find((exit) => exit.proxy?.port === request.challenger.port)?.proxy;
    if (!proxy) return wanted ? { cancel: true } : null;
    const attempt = (this.attempts.get(request.requestId) ?? 0) + 1;
    this.remember(request.requestId, attempt);
    if (attempt > MAX_ATTEMPTS) return { cancel: true };
    return { authCredentials: { username: proxy.username, password: proxy.password } };
  }

  private remember(requestId: string, attempt: number): void {
    if (this.attempts.size >= MAX_REQUESTS) {
      const oldest = this.attempts.keys().next().value;
      if (oldest !== undefined) this.attempts.delete(oldest);
    }
    this.attempts.set(requestId, attempt);
  }
}
