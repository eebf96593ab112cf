/**
 * The first thing that a window runs, before the rest of it is even fetched. The popup shows what it last showed while
 * nothing was protected, as it was drawn then, and gets its code when that is on screen. Where nothing is kept
 * (protection is on, and the background awake) the line to the background is opened in the meantime.
 */
import type { PICTURE_KEY, View } from '../messages.ts';
import { type Line, openLine } from './line.ts';
import { painted } from './painted.ts';
import { DRAWING_KEY, type Drawing, drawnOf } from './popup/drawing.ts';

const { storage }: typeof chrome = Reflect.get(globalThis, 'browser') ?? chrome;
const picture: typeof PICTURE_KEY = 'picture';

const rest = { popup: () => import('./popup/main.tsx'), page: () => import('./page/main.tsx') };

void begin();

async function begin(): Promise<void> {
  const popup = document.body.classList.contains('popup');
  const kept: { [picture]?: View; [DRAWING_KEY]?: Drawing } = await storage.session
    .get([picture, DRAWING_KEY])
    .catch(() => ({}));
  const seen = kept[picture];
  const drawn = kept[DRAWING_KEY];
  const first: View | Line = seen ?? openLine();
  if (popup && seen && drawn?.of === drawnOf(seen)) {
    showDrawing(drawn);
    await painted();
  }
  const { start } = await (popup ? rest.popup() : rest.page());
  await start(first);
}

/** To look at only: nothing can be pressed before the code for it is here, and takes over what is drawn. */
function showDrawing({ html, lang, dir }: Drawing): void {
  const place = document.getElementById('app');
  if (!place) return;
  Object.assign(document.documentElement, { lang, dir });
  place.inert = true;
  place.append(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
}
