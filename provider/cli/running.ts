/** The running node, asked over its dashboard. */
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { findDashboard, urlOf } from '../dashboard/announce.ts';
import type { Status } from '../dashboard/status.ts';
import { keystoreFacts } from '../keystore.ts';
import type { Config } from '../settings/table.ts';

/** @throws WarrenError node_offline when none runs, or it does not answer. */
export async function fetchStatus(config: Config): Promise<{ readonly status: Status; readonly url: string }> {
  const dashboard = findDashboard(config.runtimeDir, (await keystoreFacts(config.keystore)).address);
  try {
    const answer = await fetch(`http://127.0.0.1:${dashboard.port}/api/status`, {
      headers: { authorization: `Bearer ${dashboard.token}` },
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return { status: (await answer.json()) as Status, url: urlOf(dashboard) };
  } catch (cause) {
    throw new WarrenError(
      'node_offline',
      'This provider does not answer.',
      `Start it anew with "${CALLED.provider('start')}".`,
      {
        cause,
      },
    );
  }
}
