/** Asks helpers for leave to use a TURN relay: one HTTP GET, the first good answer counts. */
import { WarrenError } from '../../base/errors.ts';
import { MAX_GRANT_BYTES, parseTurnGrant, type TurnGrantAnswer } from '../../wire/turn/grant.ts';

const LIMIT_MS = 4_000;

/** @throws WarrenError rate_limited, or turn_unreachable when no helper gave a grant. */
export async function fetchTurnGrant(urls: readonly string[]): Promise<TurnGrantAnswer> {
  try {
    return await Promise.any(urls.map(ask));
  } catch (thrown) {
    const causes: unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown];
    throw causes.find((cause) => cause instanceof WarrenError && cause.code === 'rate_limited') ?? none(thrown);
  }
}

async function ask(url: string): Promise<TurnGrantAnswer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'error' });
  if (response.status === 429) {
    const action = 'Wait a minute: your address has asked often in a short time.';
    throw new WarrenError('rate_limited', 'The helper gives out no more relay passes for now.', action);
  }
  const grant = response.ok ? parseTurnGrant(JSON.parse(await bounded(response))) : null;
  if (!grant) throw new Error(`no grant: HTTP ${response.status}`);
  return grant;
}

async function bounded(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_GRANT_BYTES) throw new Error('longer than any grant');
  }
  return text;
}

function none(cause: unknown): WarrenError {
  return new WarrenError(
    'turn_unreachable',
    'No helper gave out a pass for the relay.',
    'Check the internet connection; Warren asks again.',
    { cause },
  );
}
