/**
 * The port to the background, as both the first script of a window and the rest of it need it. Imports nothing, not
 * even `browser.ts`: each file more would be waited for, and every browser that we support gives promises here.
 */
import type { ToWindow, UI_PORT } from '../messages.ts';

const { runtime }: typeof chrome = Reflect.get(globalThis, 'browser') ?? chrome;
const ui: typeof UI_PORT = 'ui';

/** A line that nobody listens to yet. */
export interface Line {
  readonly port: ReturnType<typeof runtime.connect>;
  /** The listener of `take` hears from now on what the port says, and first what it has said already. */
  take(onMessage: (message: ToWindow) => void, onEnd: () => void): void;
}

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
