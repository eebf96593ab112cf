/**
 * A window's line to the background. The view is a signal; commands are promises. A background that
 * sleeps or restarts never leaves a window hanging: the line is made again, waiting commands fail.
 */
import { signal } from '@preact/signals';
import { WarrenError, type WarrenErrorData } from '../../shared/base/errors.ts';
import type { Command, CommandName, CommandResult, ToBackground, ToWindow, View } from '../messages.ts';
import { type Line, openLine } from './line.ts';
import { painted } from './painted.ts';

export const view = signal<View | null>(null);
/** False while the view is what was last seen: good to look at, not to decide by. */
export const live = signal(false);
/** False while the background has not answered for a second: said on screen instead of spinning. */
export const awake = signal(true);

const SLOW_MS = 1_000;
const AGAIN_MS = 250;
const FRAME_MS = 100;

type Waiting = { resolve: (result: unknown) => void; reject: (error: WarrenErrorData) => void };
const waiting = new Map<number, Waiting>();
let post: ((message: ToBackground) => void) | null = null;
let nextId = 1;
let begin = (): void => {};
/** What a window asks before its line is made waits for it. */
const begun = new Promise<void>((resolve) => {
  begin = resolve;
});
let arrive = (): void => {};
/** The background's first word. */
const first = new Promise<void>((resolve) => {
  arrive = resolve;
});

/**
 * Shows what was last seen, and then asks the background what is. In that order: a background that sleeps takes the
 * processor for as long as it wakes, and whoever opened the window waits for a picture.
 * @param known the view that was last seen, or the line that has been opened where there is none
 * @returns when there is something to draw, or has not been for so long that waiting must be seen
 */
export async function open(known: View | Line): Promise<void> {
  if (!('port' in known)) {
    view.value = known;
    void painted().then(() => connect(openLine()));
    return;
  }
  connect(known);
  await Promise.race([first, new Promise((resolve) => setTimeout(resolve, FRAME_MS))]);
}

function connect(line: Line): void {
  const slow = setTimeout(() => {
    awake.value = false;
  }, SLOW_MS);
  post = (message) => line.port.postMessage(message);
  begin();
  const hear = (message: ToWindow) => {
    clearTimeout(slow);
    awake.value = true;
    if (message.type === 'view') {
      view.value = message.view;
      live.value = true;
      arrive();
    } else settle(message);
  };
  line.take(hear, () => {
    clearTimeout(slow);
    post = null;
    for (const { reject } of waiting.values()) reject(lost());
    waiting.clear();
    setTimeout(() => connect(openLine()), AGAIN_MS);
  });
}

/** @throws WarrenErrorData (as a WarrenError) what the background says. */
export async function send<N extends CommandName>(command: Extract<Command, { name: N }>): Promise<CommandResult<N>> {
  await begun;
  return new Promise((resolve, reject) => {
    if (!post) {
      reject(lost());
      return;
    }
    const id = nextId++;
    waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    post({ id, command });
  });
}

/** For buttons whose failure shows in the view by itself. */
export function fire<N extends CommandName>(command: Extract<Command, { name: N }>): void {
  send(command).catch(() => {});
}

function settle(answer: Extract<ToWindow, { type: 'answer' }>): void {
  const known = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.error) known?.reject(new WarrenError(answer.error.code, answer.error.message, answer.error.action));
  else known?.resolve(answer.result);
}

function lost(): WarrenErrorData {
  return new WarrenError('internal', 'The background restarted.', 'Try again.');
}
