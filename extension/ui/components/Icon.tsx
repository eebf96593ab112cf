/** Line icons, 20 × 20, one stroke. Decoration only: the button around them carries the name. */
const PATHS = {
  page: 'M8 4H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1v-3M11 4h5v5M16 4l-7 7',
  lock: 'M5.5 9.5h9v6.5h-9zM7.5 9.5V7a2.5 2.5 0 0 1 5 0v2.5',
  unlock: 'M5.5 9.5h9v6.5h-9zM7.5 9.5V7a2.5 2.5 0 0 1 4.8-1',
  copy: 'M7.5 7.5V4h8.5v8.5h-3.5M4 7.5h8.5V16H4z',
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  refresh: 'M15.5 10a5.5 5.5 0 1 1-1.7-4M15.5 3.5v3h-3',
  chevron: 'M6 8l4 4 4-4',
  up: 'M10 15.5v-11M5.5 9L10 4.5 14.5 9',
  down: 'M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5',
  home: 'M4 9.5L10 4.5l6 5M6 8.5V16h8V8.5',
  server: 'M4.5 4.5h11v4h-11zM4.5 11.5h11v4h-11zM7 6.5h.1M7 13.5h.1',
  trash: 'M5 6h10M8 6V4.5h4V6M6.5 6l.6 9.5h5.8L13.5 6',
  plus: 'M10 4.5v11M4.5 10h11',
  undo: 'M7.5 5L4 8.5 7.5 12M4.5 8.5h7a4 4 0 0 1 0 8H9',
  wallet: 'M4 6.5h11.5v9H4zM4 6.5l8.5-2.5v2.5M12.5 11h.1',
  alert: 'M10 4l7 12H3zM10 8.5v3.5M10 14.2h.1',
  globe:
    'M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM3.5 10h13M10 3.5c4.5 4.5 4.5 8.5 0 13c-4.500-4.500-4.500-8.500 0-13',
  pulse: 'M3.500 10.500h3l2-5.500 3.500 10 2-4.500h2.500',
  rules: 'M4 5.500h5M4 10h5M4 14.500h5M12 5.500h4M12 10h4M12 14.500h4',
  grip: 'M7.500 5h.1M12.500 5h.1M7.500 10h.1M12.500 10h.1M7.500 15h.1M12.500 15h.1',
  star: 'M10 3.800l1.900 4 4.400.5-3.300 3 .9 4.300-3.900-2.200-3.900 2.200.9-4.300-3.300-3 4.400-.5z',
  ban: 'M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM5.800 5.800l8.400 8.400',
  map: 'M3.500 5.500l4-1.500 5 1.500 4-1.500v10.500l-4 1.500-5-1.500-4 1.500zM7.500 4v10.500M12.500 5.500V16',
  back: 'M12.500 4.500L7 10l5.500 5.500',
  bolt: 'M11 3.500L5.500 11H10l-1 5.500 5.500-7.500H10z',
  coin: 'M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM10 7v6M8.200 8.300h2.600a1.200 1.200 0 0 1 0 2.400H9.200a1.200 1.200 0 0 0 0 2.400h2.600',
  qr: 'M4 4h4.500v4.500H4zM11.500 4H16v4.500h-4.500zM4 11.500h4.500V16H4zM11.500 11.500h2v2h-2zM16 14v2h-2',
} as const;
export type IconName = keyof typeof PATHS;
/** These point along the line of reading: where it runs from right to left, they turn around. */
const POINTING: readonly IconName[] = ['back', 'page', 'rules', 'undo'];

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class={POINTING.includes(name) ? 'icon pointing' : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
