/** What the host asks the relays for when it looks for a node: enough to choose from, and no more. */
import { expect, test } from 'vitest';
import { Discovery } from '../../../native-host/discovery.ts';
import type { World } from '../../../native-host/world.ts';
import { address, didOf } from '../../../shared/base/units.ts';
import type { ProposalQuery } from '../../../shared/effects.ts';
import type { FoundProposal } from '../../../shared/wire/proposal.ts';
import { CHAIN, createFakeWorld } from '../../fakes/host-world.ts';

/** A country of so many nodes, of which relays give the newest (the first here), and what they were asked. */
function country(count: number) {
  const fake = createFakeWorld(['DE']);
  const [template] = fake.relay.offers;
  if (!template) throw new Error('no offer');
  const offers = Array.from({ length: count }, (_, n): FoundProposal => {
    const did = didOf(CHAIN, address(`0x${(n + 1).toString(16).padStart(40, '0')}`));
    return { ...template, key: `key ${n}`, proposal: { ...template.proposal, did } };
  });
  const asked: ProposalQuery[] = [];
  const { rendezvous } = fake.world;
  const directory: World['rendezvous']['directory'] = {
    ...rendezvous.directory,
    async find(query) {
      asked.push(query);
      const found = offers.filter(({ proposal }) => query.dids === undefined || query.dids.includes(proposal.did));
      return found.slice(0, query.limit);
    },
  };
  const discovery = new Discovery({ ...fake.world, rendezvous: { ...rendezvous, directory } });
  const didAt = (n: number) => offers[n]?.proposal.did ?? didOf(CHAIN, address(`0x${'0'.repeat(40)}`));
  return { discovery, asked, didAt };
}

test('a node that holds a deposit is found among very many: it is asked for by name', async () => {
  const { discovery, asked, didAt } = country(1_000);
  const [first] = await discovery.candidates({ exitId: 'de', country: 'DE' }, [didAt(900)], false, null);
  expect(first?.proposal.did).toBe(didAt(900));
  expect(asked).toEqual([{ country: 'DE', limit: 200 }, { dids: [didAt(900)] }]);
});

test('where all that there are fit into one answer, nothing more is asked', async () => {
  const { discovery, asked, didAt } = country(50);
  await discovery.candidates({ exitId: 'de', country: 'DE' }, [didAt(900)], false, null);
  expect(asked).toHaveLength(1);
});

test('a limit of the price goes along', async () => {
  const { discovery, asked } = country(1);
  await discovery.candidates({ exitId: 'de', maxPricePerMB: 10n ** 15n }, [], false, null);
  expect(asked).toEqual([{ maxPricePerMB: 10n ** 15n, limit: 200 }]);
});
