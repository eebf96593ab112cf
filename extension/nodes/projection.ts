/**
 * The sphere on paper: Equal Earth (Šavrič, Patterson, Jenny 2018), so that no continent looks larger
 * than it is. Pure.
 */
const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const HALF_ROOT_3 = Math.sqrt(3) / 2;

/** A point of the map, in its own units: x grows to the east, y to the south. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Units a radian: the map is about 1000 wide. */
const SCALE = 1000 / 5.414;

export function project(lon: number, lat: number): Point {
  const theta = Math.asin(HALF_ROOT_3 * Math.sin((lat * Math.PI) / 180));
  const square = theta * theta;
  const sixth = square * square * square;
  const x =
    ((lon * Math.PI) / 180 / HALF_ROOT_3 / (A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square))) *
    Math.cos(theta);
  const y = theta * (A1 + A2 * square + sixth * (A3 + A4 * square));
  return { x: 500 + x * SCALE, y: 244 - y * SCALE };
}

/** The inhabited world: from Greenland's middle to the Horn, in the map's units. */
export const WORLD: Box = { x: 0, y: 0, width: 1000, height: 442 };

/** Of the distance between the outermost points; and no less than this, in units. */
const ROOM = 0.5;
const LEAST_ROOM = 0.05;

/** A part of the map with the world's shape that shows all points and some room around them. */
export function around(points: readonly Point[]): Box {
  if (points.length === 0) return WORLD;
  const [west, east] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [north, south] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const room = Math.max(LEAST_ROOM, ROOM * Math.max(east - west, south - north));
  const [left, right, top, bottom] = [west - room, east + room, north - room, south + room];
  const aspect = WORLD.width / WORLD.height;
  const width = Math.min(WORLD.width, Math.max(right - left, (bottom - top) * aspect));
  const height = width / aspect;
  return {
    x: clamp((left + right - width) / 2, WORLD.x, WORLD.x + WORLD.width - width),
    y: clamp((top + bottom - height) / 2, WORLD.y, WORLD.y + WORLD.height - height),
    width,
    height,
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
