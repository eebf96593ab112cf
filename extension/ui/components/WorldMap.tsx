/**
 * The world with the nodes on it, by country and coloured by measured latency. The list beside it says the
 * same in words. Arrow keys go from mark to mark, Enter chooses, Escape shows the whole world again.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { NodeView } from '../../messages.ts';
import {
  type Direction,
  FAIR_MS,
  FAST_MS,
  type Mark,
  marksOf,
  neighbour,
  type Pace,
  paceOf,
} from '../../nodes/marks.ts';
import { placeOf } from '../../nodes/places.ts';
import { around, type Box, project, WORLD } from '../../nodes/projection.ts';
import { countryName, decimal, millis } from '../format.ts';
import { t } from '../i18n.ts';
import { countText } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { shapes } from '../world-shapes.ts';
import { Icon } from './Icon.tsx';

export interface WorldMapProps {
  readonly nodes: readonly NodeView[];
  /** The chosen one; '' for none. */
  readonly country: string;
  onCountry(country: string): void;
}

/** Marks closer than this are one, px: each stays large enough to be pressed. */
const APART_PX = 30;
const KEYS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

export function WorldMap({ nodes, country, onCountry }: WorldMapProps) {
  const [box, setBox] = useState(WORLD);
  const [at, setAt] = useState(0);
  const frame = useRef<HTMLFieldSetElement>(null);
  const width = useWidth(frame);
  const marks = marksOf(nodes, box, (APART_PX * box.width) / width);
  const here = Math.min(at, Math.max(0, marks.length - 1));
  const focus = (index: number) => {
    setAt(index);
    frame.current?.querySelectorAll<HTMLElement>('.mark-button')[index]?.focus();
  };
  const held = useRef(false);
  const look = (next: Box) => {
    setBox(next);
    setAt(0);
  };
  // A mark that goes, with the old picture or the last node of its countries, takes the focus with it: another gets it.
  useLayoutEffect(() => {
    if (held.current && document.activeElement === document.body) focus(here);
  });
  const press = (mark: Mark) => {
    const [only] = mark.countries;
    if (mark.countries.length > 1) look(around(mark.countries.flatMap((code) => pointOf(code))));
    else if (only !== undefined) onCountry(only === country ? '' : only);
  };
  return (
    <fieldset
      ref={frame}
      class="map"
      data-testid={TEST.nodeMap}
      onFocusIn={() => {
        held.current = true;
      }}
      onFocusOut={({ target }) => {
        // Told from a mark that went by its being there still.
        queueMicrotask(() => {
          held.current = !(target as Element).isConnected || frame.current?.contains(document.activeElement) === true;
        });
      }}
      onKeyDown={(event) => {
        const direction = KEYS[event.key];
        if (direction) {
          event.preventDefault();
          focus(neighbour(marks, here, direction));
        } else if (event.key === 'Escape' && box !== WORLD) {
          event.preventDefault();
          look(WORLD);
        }
      }}
    >
      <legend class="hidden">{t('mapLabel')}</legend>
      <div class="map-field">
        <svg viewBox={`${box.x} ${box.y} ${box.width} ${box.height}`} aria-hidden="true" focusable="false">
          <Land nodes={nodes} country={country} />
        </svg>
        {marks.map((mark, index) => (
          <MarkButton
            key={mark.countries.join()}
            mark={mark}
            box={box}
            chosen={mark.countries.includes(country)}
            reachable={index === here}
            onPress={() => press(mark)}
            onFocus={() => setAt(index)}
          />
        ))}
        {box === WORLD ? null : (
          <button type="button" class="button small map-out" data-testid={TEST.nodeMapOut} onClick={() => look(WORLD)}>
            <Icon name="globe" size={16} />
            {t('mapWorld')}
          </button>
        )}
      </div>
      <Legend />
    </fieldset>
  );
}

interface MarkProps {
  readonly mark: Mark;
  readonly box: Box;
  readonly chosen: boolean;
  readonly reachable: boolean;
  onPress(): void;
  onFocus(): void;
}

function MarkButton({ mark, box, chosen, reachable, onPress, onFocus }: MarkProps) {
  const names = mark.countries.map(countryName).join(', ');
  const near = mark.latencyMs === null ? t('mapUnmeasured') : t('mapFrom', millis(mark.latencyMs));
  const many = mark.countries.length > 1;
  return (
    <button
      type="button"
      class="mark-button"
      data-testid={TEST.nodeMapMark}
      data-key={mark.countries.join()}
      data-pace={paceOf(mark.latencyMs)}
      tabIndex={reachable ? 0 : -1}
      aria-pressed={many ? undefined : chosen}
      aria-label={`${names}: ${countText(mark.nodes)}, ${near}${many ? `. ${t('mapCloser')}` : ''}`}
      title={names}
      style={{
        left: `${((mark.x - box.x) / box.width) * 100}%`,
        top: `${((mark.y - box.y) / box.height) * 100}%`,
      }}
      onClick={onPress}
      onFocus={onFocus}
    >
      {decimal(mark.nodes)}
    </button>
  );
}

function Land({ nodes, country }: Pick<WorldMapProps, 'nodes' | 'country'>) {
  const lived = new Set(nodes.map((node) => placeOf(node.country)?.shape));
  const chosen = placeOf(country)?.shape;
  return (
    <>
      {shapes().map(({ id, path }, index) => (
        <path
          // Some shapes have no number of their own.
          key={`${id}-${index}`}
          d={path}
          class="land"
          data-nodes={id !== undefined && lived.has(id)}
          data-chosen={id !== undefined && id === chosen}
        />
      ))}
    </>
  );
}

function Legend() {
  const paces: readonly (readonly [Pace, string])[] = [
    ['fast', `≤ ${millis(FAST_MS)}`],
    ['fair', `≤ ${millis(FAIR_MS)}`],
    ['slow', `> ${millis(FAIR_MS)}`],
    ['unknown', t('mapUnmeasured')],
  ];
  return (
    <ul class="legend" aria-label={t('latency')}>
      {paces.map(([pace, text]) => (
        <li key={pace} data-pace={pace}>
          {pace === 'unknown' ? text : <bdi dir="ltr">{text}</bdi>}
        </li>
      ))}
    </ul>
  );
}

function pointOf(code: string) {
  const place = placeOf(code);
  return place ? [project(place.lon, place.lat)] : [];
}

function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(328);
  useEffect(() => {
    const measure = () => setWidth(frame.current?.clientWidth || 328);
    measure();
    const observer = new ResizeObserver(measure);
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
