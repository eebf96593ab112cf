/** The countries' shapes as SVG paths in the map's units. In the map's own chunk: 100 kB that no popup needs at first. */
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'world-atlas/countries-110m.json' with { type: 'json' };
import { type Point, project } from '../nodes/projection.ts';

export interface Shape {
  /** ISO 3166-1 numeric; undefined for shapes that have no number. */
  readonly id: string | undefined;
  readonly path: string;
}

const ANTARCTICA = '010';
let made: readonly Shape[] | null = null;

export function shapes(): readonly Shape[] {
  made ??= draw(atlas);
  return made;
}

function draw(topology: Topology<{ countries: GeometryCollection }>): Shape[] {
  return feature(topology, topology.objects.countries)
    .features.filter(({ id }) => id !== ANTARCTICA)
    .map(({ id, geometry }) => {
      const polygons =
        geometry.type === 'MultiPolygon'
          ? geometry.coordinates
          : geometry.type === 'Polygon'
            ? [geometry.coordinates]
            : [];
      return { id: id === undefined ? undefined : String(id), path: polygons.flat().map(ring).join('') };
    });
}

/** A ring that crosses the 180th meridian goes on beyond the map's edge, and once more on the other side of it. */
function ring(points: readonly (readonly number[])[]): string {
  const line: { lon: number; lat: number }[] = [];
  for (const [lon = 0, lat = 0] of points) {
    const turns = Math.round(((line.at(-1)?.lon ?? lon) - lon) / 360);
    line.push({ lon: lon + 360 * turns, lat });
  }
  const beyond = line.some(({ lon }) => lon > 180) ? [-360] : line.some(({ lon }) => lon < -180) ? [360] : [];
  return [0, ...beyond].map((shift) => drawn(line.map(({ lon, lat }) => project(lon + shift, lat)))).join('');
}

function drawn(points: readonly Point[]): string {
  return `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;
}
