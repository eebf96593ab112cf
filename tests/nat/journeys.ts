/**
 * Pairs joined by the whole product: from the click, through discovery, chain and handshake, to the
 * first byte of a page that came through WireGuard. One scene holds two providers behind different
 * NATs; the client's home changes its kind, and each time a new host starts in it.
 */
import { openClient } from '../lab/client.ts';
import { setNat } from '../lab/nat.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { expected, meets } from './expected.ts';
import { KINDS, type KindName, type Way } from './kinds.ts';

export interface Journey {
  readonly client: KindName;
  readonly provider: KindName;
  readonly expected: Way;
  readonly got: Way;
  /** From the intent to the first byte of the page, the opening of the channel included; null: none came. */
  readonly ms: number | null;
  readonly why: string | null;
}

const PROVIDERS = { de: 'eim-apdf', jp: 'apdm-random' } as const satisfies Record<'de' | 'jp', KindName>;
const JOURNEYS: readonly (readonly [KindName, 'de' | 'jp'])[] = [
  ['eim-apdf', 'de'],
  ['apdm-random', 'de'],
  ['apdm-random', 'jp'],
  ['udp-blocked', 'de'],
];
const UP_LIMIT_MS = 30_000;
/** A relay may carry a session first; what theory promises comes later. */
const UPGRADE_LIMIT_MS = 20_000;

export async function playJourneys(): Promise<Journey[]> {
  const nats = { de: KINDS[PROVIDERS.de].nat, jp: KINDS[PROVIDERS.jp].nat };
  const scene = await createScene({ providerNats: nats });
  try {
    const journeys: Journey[] = [];
    for (const [client, provider] of JOURNEYS) journeys.push(await travel(scene, client, provider));
    return journeys;
  } finally {
    await scene.close();
  }
}

async function travel(scene: Scene, kind: KindName, to: 'de' | 'jp'): Promise<Journey> {
  const { nat } = KINDS[kind];
  if (nat) await setNat(scene.client.home, nat);
  const client = await openClient(scene, '25');
  const wanted = expected(kind, PROVIDERS[to]);
  const journey = { client: kind, provider: PROVIDERS[to], expected: wanted };
  const way = (): Way => client.exit('x')?.path?.kind ?? 'none';
  try {
    await client.host.ask({ method: 'nodes', params: {} });
    const clicked = performance.now();
    client.want([{ exitId: 'x', country: to.toUpperCase() }], { closeChannels: false });
    await client.host.until('the exit is up', () => client.exit('x')?.phase === 'up', UP_LIMIT_MS);
    const page = await client.fetch('x', 'http://one.example/');
    const ms = Math.round(performance.now() - clicked);
    const home = scene.providers[to].home.wan;
    if (!page.includes(home))
      return { ...journey, got: 'none', ms: null, why: `the page was not asked for from ${home}` };
    await client.host.until('the way', () => meets(way(), wanted), UPGRADE_LIMIT_MS).catch(() => undefined);
    return { ...journey, got: way(), ms, why: meets(way(), wanted) ? null : 'no better way came' };
  } catch (error) {
    const said = client.exit('x')?.error?.message ?? String(error);
    return { ...journey, got: 'none', ms: null, why: said };
  } finally {
    client.disconnect({ closeChannels: false });
    await client.host.until('idle', (host) => host.snapshot()?.idle === true, 15_000).catch(() => undefined);
    await client.host.end();
  }
}

export function journeyLine({ client, provider, expected: wanted, got, ms, why }: Journey): string {
  const time = ms === null ? '' : `, first byte after ${ms} ms`;
  const mark = meets(got, wanted) ? ' ' : '!';
  return `${mark} whole product, ${client} × ${provider}: ${got}${time}${why ? ` (theory: ${wanted}) ${why}` : ''}`;
}
