/** The last minutes of traffic. The figures beside it say the same in words. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Bytes a second at one moment (epoch ms). */
interface RateSample {
  readonly at: number;
  readonly down: number;
  readonly up: number;
}

const WINDOW_S = 80;
/** Below this the line stays flat: a few keepalives should not look like a storm. */
const FLOOR = 4_000;
/** Pixels: the highest speed's label stands half above its line. */
const LABEL_HALF = 8;

interface Props {
  readonly rates: readonly RateSample[];
  /** Pixels. */
  readonly height?: number;
  /** How much of the past it shows. */
  readonly seconds?: number;
  /** Says a speed (bytes a second) for the scale at the side; without it there is none. */
  readonly scale?: (bytesPerSecond: number) => string;
}

export function Chart({ rates, height = 50, seconds = WINDOW_S, scale }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    if (!box.current) return;
    plot.current = new uPlot(options(box.current, height, seconds, scale), series(rates), box.current);
    const redraw = () => plot.current?.redraw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    // A window of another width wants another line.
    const resized = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) plot.current?.setSize({ width: entry.contentRect.width, height });
    });
    resized.observe(box.current);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(series(rates)), [rates]);
  return <div ref={box} class="chart" style={{ height: `${height}px` }} data-testid="chart" aria-hidden="true" />;
}

function series(rates: readonly RateSample[]): uPlot.AlignedData {
  return [rates.map(({ at }) => at / 1000), rates.map(({ down }) => down), rates.map(({ up }) => up)];
}

function options(box: HTMLElement, height: number, seconds: number, scale: Props['scale']): uPlot.Options {
  const color = (name: string) => getComputedStyle(box).getPropertyValue(name).trim();
  const line = uPlot.paths.spline?.();
  const shape = line ? { paths: line } : {};
  return {
    width: box.clientWidth || 320,
    height,
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, scale ? speeds(scale, color) : { show: false }],
    padding: [scale ? LABEL_HALF : 4, 0, 0, 0],
    scales: {
      x: { time: false, range: (_, __, max) => [max - seconds, max] },
      y: { range: (_, __, max) => [0, Math.max(max * 1.15, FLOOR)] },
    },
    series: [
      {},
      { ...shape, width: 2, stroke: () => color('--down'), fill: () => color('--down-fill'), points: { show: false } },
      { ...shape, width: 1.5, stroke: () => color('--up'), points: { show: false } },
    ],
  };
}

/** Speeds at the side, with a line for each across the chart. */
function speeds(say: (bytesPerSecond: number) => string, color: (name: string) => string): uPlot.Axis {
  return {
    size: 84,
    space: 34,
    gap: 8,
    font: '12px sans-serif',
    stroke: () => color('--ink-2'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
    // Nothing needs no words, and there is no room for them under the lowest line.
    values: (_, marks) => marks.map((bytesPerSecond) => (bytesPerSecond === 0 ? '' : say(bytesPerSecond))),
  };
}
