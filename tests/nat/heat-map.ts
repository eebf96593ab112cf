/** The matrix as an SVG that reads in light and dark: hue says the way, depth the time. */
import { KIND_NAMES, KINDS, type KindName, type Way } from './kinds.ts';
import { passes, type Result } from './results.ts';

const SIZE = 46;
const LEFT = 150;
const TOP = 96;
const GAP = 2;

/** Light and dark ground colours; text on them is chosen by the style sheet. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1d2530; }
  .small { font-size: 11px; } .title { font-size: 15px; font-weight: 600; } .ms { font-size: 11px; fill: #0b1a20; }
  .direct { fill: #2a9d8f; } .lan { fill: #4a8fe0; } .relay { fill: #e9a23b; } .none { fill: #d64545; }
  .miss { fill: none; stroke: #d64545; stroke-width: 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #dfe6ee; } .ms { fill: #f4f8fb; }
    .direct { fill: #23857a; } .lan { fill: #3b73b8; } .relay { fill: #a8701c; } .none { fill: #a83232; }
  }`;

/** From 5 ms (pale) to 5 s (deep), by the logarithm. */
function depth(ms: number | null): number {
  const decades = Math.log10(Math.min(Math.max(ms ?? 5_000, 5), 5_000) / 5) / 3;
  return 0.35 + 0.65 * decades;
}

export function timeText(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? String(Math.round(ms)) : `${(ms / 1000).toFixed(1)}s`;
}

const NAMES: Readonly<Record<Way, string>> = { direct: 'direct', lan: 'LAN', relay: 'relay', none: 'no path' };

export function heatMap(results: readonly Result[]): string {
  const used = (side: 'client' | 'provider'): KindName[] =>
    KIND_NAMES.filter((name) => results.some((result) => result[side] === name));
  const [rows, columns] = [used('client'), used('provider')];
  const width = LEFT + columns.length * SIZE + 16;
  const height = TOP + rows.length * SIZE + 52;
  const cells = results.map((result) => {
    const x = LEFT + columns.indexOf(result.provider) * SIZE;
    const y = TOP + rows.indexOf(result.client) * SIZE;
    const box = `x="${x}" y="${y}" width="${SIZE - GAP}" height="${SIZE - GAP}" rx="4"`;
    const title = `${result.client} × ${result.provider}: ${NAMES[result.got]}, ${timeText(result.ms)} (theory: ${NAMES[result.expected]})`;
    const miss = passes(result) ? '' : `<rect class="miss" ${box}/>`;
    const middle = `x="${x + SIZE / 2 - 1}" y="${y + SIZE / 2 + 3}" text-anchor="middle"`;
    return `<g><title>${title}</title><rect class="${result.got}" fill-opacity="${depth(result.ms).toFixed(2)}" ${box}/>${miss}<text class="ms" ${middle}>${timeText(result.ms)}</text></g>`;
  });
  const heads = columns.map((name, n) => {
    const x = LEFT + n * SIZE + SIZE / 2;
    return `<text class="small" transform="translate(${x} ${TOP - 8}) rotate(-45)">${KINDS[name].short}</text>`;
  });
  const sides = rows.map(
    (name, n) => `<text x="${LEFT - 8}" y="${TOP + n * SIZE + 26}" text-anchor="end">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How each kind of home reaches each other kind, and how fast">
<style>${STYLE}
</style>
<text class="title" x="12" y="24">Client (rows) × provider (columns): the way, and ms to data</text>
${[...heads, ...sides, ...cells].join('\n')}
${legend(height - 30)}
</svg>
`;
}

function legend(y: number): string {
  const keys = (Object.keys(NAMES) as Way[]).map((way, n) => {
    const x = LEFT + n * 110;
    return `<rect class="${way}" x="${x}" y="${y}" width="16" height="16" rx="3"/><text x="${x + 22}" y="${y + 13}">${NAMES[way]}</text>`;
  });
  const x = LEFT + keys.length * 110;
  return `${keys.join('\n')}\n<rect class="miss" x="${x}" y="${y}" width="16" height="16" rx="3"/><text x="${x + 22}" y="${y + 13}">less than theory promises</text>`;
}
