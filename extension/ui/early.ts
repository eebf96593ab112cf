/**
 * The first thing that a window runs, by itself and before the rest of it is even here: it asks for what was last seen,
 * and where nothing is kept (protection is on, and the background awake) for what is. It imports nothing, not even
 * `browser.ts`: each file more would be waited for, and every browser that we support gives promises here.
 */
import type { PICTURE_KEY, ToWindow, UI_PORT, View } from '../messages.ts';

const { i18n, runtime, storage }: typeof chrome = Reflect.get(globalThis, 'browser') ?? chrome;
const picture: typeof PICTURE_KEY = 'picture';
const ui: typeof UI_PORT = 'ui';

export type Port = ReturnType<typeof runtime.connect>;

/** A line that nobody listens to yet. */
export interface Line {
  readonly port: Port;
  /** The listener of `take` hears from now on what the port says, and first what it has said already. */
  take(onMessage: (message: ToWindow) => void, onEnd: () => void): void;
}

/** The view that was last seen, or the line to the background that has been opened instead. */
export const early: Promise<View | Line> = storage.session
  .get(picture)
  .then(({ [picture]: seen }) => (seen ? (seen as View) : openLine()), openLine);

export function openLine(): Line {
  const port = runtime.connect({ name: ui });
  const heard: ToWindow[] = [];
  let ended = false;
  let onMessage = (message: ToWindow): void => void heard.push(message);
  let onEnd = (): void => {
    ended = true;
  };
  port.onMessage.addListener((message: ToWindow) => onMessage(message));
  port.onDisconnect.addListener(() => onEnd());
  return {
    port,
    take(hear, end) {
      for (const message of heard) hear(message);
      onMessage = hear;
      onEnd = end;
      if (ended) end();
    },
  };
}

// The first word fetches all of them from the browser, and waits: better now than when the rest is here.
i18n.getMessage('language');
