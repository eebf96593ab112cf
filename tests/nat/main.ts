/**
 * The NAT matrix: every kind of home against every other, the product's own traversal on both sides.
 * Exit code 0 only if every cell is as good as theory promises. Needs root.
 *
 * usage: main.ts [--only CLIENT:PROVIDER,…] [--quick] [--tries N] [--lanes N] [--json FILE] [--svg FILE]
 *
 * Without --only some pairs are joined by the whole product as well: host, provider, netd and WireGuard.
 * In --only a side may be left out or `*`: `apdm-random:eim-apdf`, `ipv6-only:*`. --quick: the cells that stand for the rest.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Cell, playCell } from './cell.ts';
import { meets } from './expected.ts';
import { type Field, openField } from './field.ts';
import { heatMap } from './heat-map.ts';
import { journeyLine, playJourneys } from './journeys.ts';
import { type Pair, QUICK, selected } from './pairs.ts';
import { passes, type Result, summed, toJson } from './results.ts';
import { LEGEND, table } from './table.ts';

function positive(text: string, name: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} needs a whole number from 1`);
  return number;
}

async function play(field: Field, pairs: readonly Pair[], tries: number): Promise<Result[]> {
  const cells = new Map<Pair, Cell[]>(pairs.map((pair) => [pair, []]));
  const queue = pairs.flatMap((pair) => Array.from({ length: tries }, () => pair));
  let done = 0;
  const work = async (lane: Field['lanes'][number]): Promise<void> => {
    for (let pair = queue.shift(); pair; pair = queue.shift()) {
      const cell = await playCell(lane, field.profile, ...pair);
      cells.get(pair)?.push(cell);
      const at = `${++done}/${pairs.length * tries}`;
      const time = cell.ms === null ? '' : ` ${cell.ms.toFixed(0)} ms`;
      console.log(
        `${at} ${pair.join(' × ')}: ${cell.got}${time}${cell.why ? ` (theory: ${cell.expected}) ${cell.why}` : ''}`,
      );
    }
  };
  await Promise.all(field.lanes.map(work));
  return [...cells.values()].map((played) => summed(played as [Cell, ...Cell[]]));
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { only: text, quick: { type: 'boolean' }, tries: text, lanes: text, json: text, svg: text },
  });
  const pairs = values.quick ? QUICK : selected(values.only);
  const tries = positive(values.tries ?? '1', 'tries');
  const lanes = Math.min(positive(values.lanes ?? '2', 'lanes'), pairs.length * tries);
  const began = performance.now();
  const field = await openField(lanes);
  let results: Result[];
  try {
    results = await play(field, pairs, tries);
  } catch (error) {
    console.log(`logs: ${await field.lab.keepLogs()}`);
    throw error;
  } finally {
    await field.close();
  }
  const journeys = values.only ? [] : await playJourneys();
  const good = results.filter(passes);
  console.log(`\n${table(results)}\n${LEGEND}`);
  if (tries > 1)
    for (const { client, provider, met, ms } of results)
      console.log(`${client} × ${provider}: ${met} of ${tries} as theory promises, median ${ms} ms`);
  for (const journey of journeys) console.log(journeyLine(journey));
  const arrived = journeys.filter((journey) => meets(journey.got, journey.expected));
  console.log(
    `${arrived.length} of ${journeys.length} whole journeys, ${good.length} of ${results.length} cells in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  if (values.json) writeFileSync(values.json, toJson(results, journeys));
  if (values.svg) writeFileSync(values.svg, heatMap(results));
  return good.length === results.length && arrived.length === journeys.length ? 0 : 1;
}

process.exit(await main());
