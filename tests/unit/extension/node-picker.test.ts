import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../../extension/messages.ts';
import { EMPTY_BOOK } from '../../../extension/nodes/book.ts';
import { mark, noteBegun, noteEnded } from '../../../extension/nodes/book-notes.ts';
import { marksOf, neighbour, paceOf } from '../../../extension/nodes/marks.ts';
import { best, NO_FILTER, type NodeFilter, pick } from '../../../extension/nodes/pick.ts';
import { placeOf } from '../../../extension/nodes/places.ts';
import { around, type Box, project, WORLD } from '../../../extension/nodes/projection.ts';
import { nodeRef, payee } from './tables.ts';

const NAMES: Record<string, string> = { DE: 'Germany', FR: 'France', JP: 'Japan', SE: 'Sweden' };
const nameOf = (code: string) => NAMES[code] ?? code;

function node(n: number, country: string, extra: Partial<NodeView> = {}): NodeView {
  return {
    did: nodeRef(n, country).did,
    payee: payee(n),
    country,
    asn: 3320,
    network: 'Telekom',
    residential: true,
    pricePerMB: '100',
    capacityMbps: 1_000,
    latencyMs: 10 * n,
    online: true,
    ...extra,
  };
}

const NODES = [
  node(4, 'JP', { pricePerMB: '50', city: 'Sapporo', network: 'SoftBank' }),
  node(1, 'DE', { city: 'Kassel' }),
  node(2, 'FR', { residential: false, pricePerMB: '70', city: 'Lyon' }),
  node(3, 'SE', { city: 'Umeå', asn: 3301 }),
  node(5, 'DE', { online: false, latencyMs: null, pricePerMB: '1' }),
];
const used = (n: number, top: number) =>
  noteEnded(EMPTY_BOOK, { did: nodeRef(n, 'DE').did, bytes: 1, spent: 1n, top, rttMs: 5, reach: null }, 1);
const shown = (filter: Partial<NodeFilter>, book = EMPTY_BOOK) =>
  pick({ nodes: NODES, book, nameOf }, { ...NO_FILTER, ...filter }).map(({ payee }) => Number(payee.slice(-1)));

describe('the picker', () => {
  test('lists the nearest first and the silent last', () => {
    expect(shown({})).toEqual([1, 2, 3, 4, 5]);
  });

  test('finds by country, city without its accents, network, number and DID, in any order of words', () => {
    expect(shown({ search: 'japan' })).toEqual([4]);
    expect(shown({ search: 'umea' })).toEqual([3]);
    expect(shown({ search: 'Telekom  germ' })).toEqual([1, 5]);
    expect(shown({ search: 'as3301' })).toEqual([3]);
    expect(shown({ search: payee(2) })).toEqual([2]);
    expect(shown({ search: 'nowhere' })).toEqual([]);
  });

  test('keeps to country, homes and price', () => {
    expect(shown({ country: 'DE' })).toEqual([1, 5]);
    expect(shown({ residential: true })).toEqual([1, 3, 4, 5]);
    expect(shown({ maxPrice: 70n })).toEqual([2, 4, 5]);
  });

  test('asked for a speed, believes only what was measured', () => {
    expect(shown({ minMbps: 25 })).toEqual([]);
    expect(shown({ minMbps: 25 }, used(3, 4_000_000))).toEqual([3]);
    expect(shown({ minMbps: 50 }, used(3, 4_000_000))).toEqual([]);
    expect(shown({ order: 'speed' }, used(3, 4_000_000))).toEqual([3, 1, 2, 4, 5]);
  });

  test('sorts by price and by name', () => {
    expect(shown({ order: 'price' })).toEqual([4, 2, 1, 3, 5]);
    expect(shown({ order: 'name' })).toEqual([2, 1, 4, 3, 5]);
  });

  test('shows favourites and recents, the last used first, and never a blocked one', () => {
    const liked = mark(EMPTY_BOOK, nodeRef(4, 'JP'), 'favourite', true);
    expect(shown({ group: 'favourites' }, liked)).toEqual([4]);
    const recent = noteBegun(noteBegun(EMPTY_BOOK, nodeRef(1, 'DE')), nodeRef(3, 'SE'));
    expect(shown({ group: 'recents' }, recent)).toEqual([3, 1]);
    expect(shown({}, mark(EMPTY_BOOK, nodeRef(1, 'DE'), 'blocked', true))).toEqual([2, 3, 4, 5]);
  });

  test('names the fastest and the cheapest of those that answer', () => {
    expect(best(NODES)).toMatchObject({ fastest: { payee: payee(1) }, cheapest: { payee: payee(4) } });
    expect(best(NODES.slice(4))).toEqual({ fastest: null, cheapest: null });
  });
});

describe('the map', () => {
  test('puts every country inside its own shape, or as near as whole degrees allow', () => {
    const file = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
    const world = JSON.parse(readFileSync(file, 'utf8')) as Topology<{ countries: GeometryCollection }>;
    const wrong: string[] = [];
    const shapes = new Set<unknown>();
    for (const { id, geometry } of feature(world, world.objects.countries).features) {
      const code = codes.find((name) => placeOf(name)?.shape === id);
      // Two shapes share Australia's number; Antarctica has no node.
      if (id === undefined || code === undefined || shapes.has(id) || code === 'AU') continue;
      shapes.add(id);
      const place = placeOf(code);
      const points = JSON.stringify(geometry).match(/-?[\d.]+(?:e-\d+)?,-?[\d.]+(?:e-\d+)?/g) ?? [];
      const all = points.map((pair) => pair.split(',').map(Number) as [number, number]);
      const near = all.some(([lon, lat]) => lon <= (place?.lon ?? 0) + 1 && lat <= (place?.lat ?? 0) + 1);
      const far = all.some(([lon, lat]) => lon >= (place?.lon ?? 0) - 1 && lat >= (place?.lat ?? 0) - 1);
      if (!near || !far) wrong.push(code);
    }
    expect(wrong).toEqual([]);
    // All but the islands too small for it.
    expect(shapes.size).toBeGreaterThan(225);
  });

  test('knows every country that a browser has a name for', () => {
    const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
    // Exceptional reservations, former names, and places without inhabitants.
    const none = new Set(
      'AC AN AQ BU BV CP CQ CS DD DG DY EA EU EZ FX HV IC NH NT QO RH SU TA TP UM UN UK VD XA XB YD YU ZR ZZ'.split(
        ' ',
      ),
    );
    expect(codes.filter((code) => names.of(code) && !none.has(code) && !placeOf(code))).toEqual([]);
  });

  test('is an equal-area world within its box', () => {
    expect(project(0, 0).x).toBeCloseTo(500, 0);
    expect(project(180, 0).x).toBeCloseTo(1000, 0);
    for (const code of codes) {
      const place = placeOf(code);
      if (!place) continue;
      const { x, y } = project(place.lon, place.lat);
      expect(x >= WORLD.x && x <= WORLD.x + WORLD.width && y >= WORLD.y && y <= WORLD.y + WORLD.height, code).toBe(
        true,
      );
    }
  });

  test('joins what stands too near, and takes it apart when it is looked at closely', () => {
    const far = marksOf(NODES, WORLD, 60);
    expect(far.map(({ countries, nodes }) => [countries.join(), nodes])).toEqual([
      ['DE,FR,SE', 4],
      ['JP', 1],
    ]);
    expect(far[0]?.latencyMs).toBe(10);
    const box = around(['DE', 'FR', 'SE'].map((code) => project(placeOf(code)?.lon ?? 0, placeOf(code)?.lat ?? 0)));
    expect(box.width).toBeLessThan(WORLD.width / 4);
    expect(box.width / box.height).toBeCloseTo(WORLD.width / WORLD.height, 5);
    expect(marksOf(NODES, box, 10).map(({ countries }) => countries.join())).toEqual(['FR', 'DE', 'SE']);
  });

  test('lets every country be reached: pressing on a crowd takes it apart in a few steps', () => {
    const everywhere = codes.filter((code) => placeOf(code)).map((code, i) => node(i % 200, code));
    const reached = new Set<string>();
    const look = (box: Box, depth: number): void => {
      expect(depth).toBeLessThan(9);
      for (const { countries } of marksOf(everywhere, box, (30 * box.width) / 328)) {
        if (countries.length === 1) reached.add(countries[0] ?? '');
        else
          look(around(countries.map((code) => project(placeOf(code)?.lon ?? 0, placeOf(code)?.lat ?? 0))), depth + 1);
      }
    };
    look(WORLD, 0);
    expect(reached.size).toBe(everywhere.length);
  });

  test('colours by what was measured', () => {
    expect([null, 10, 100, 500].map(paceOf)).toEqual(['unknown', 'fast', 'fair', 'slow']);
    expect(marksOf([node(5, 'DE', { online: false, latencyMs: 3 })], WORLD, 1)[0]?.latencyMs).toBeNull();
  });

  test('arrow keys go to the nearest mark that way, and stay where there is none', () => {
    const marks = [
      { x: 0, y: 0 },
      { x: 10, y: 1 },
      { x: 20, y: 0 },
      { x: 10, y: 40 },
    ];
    expect(neighbour(marks, 0, 'right')).toBe(1);
    expect(neighbour(marks, 2, 'left')).toBe(1);
    expect(neighbour(marks, 1, 'down')).toBe(3);
    expect(neighbour(marks, 0, 'left')).toBe(0);
  });
});

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const codes = letters.flatMap((a) => letters.map((b) => `${a}${b}`));
