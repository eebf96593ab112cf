/**
 * Wires with latency: whatever arrives at one end of a pair of macvtap devices leaves at the other so
 * many milliseconds later, in order. For kernels without netem; a tap of this kind needs no ioctl, so
 * Node can open it as a file. A frame comes with a header of offload hints (virtio_net_hdr), which goes
 * along unread.
 *
 * usage: delay.ts <one-way ms> <tap>:<tap>…  (device files; UV_THREADPOOL_SIZE at least one per tap and one more)
 */
import { constants, open, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';

interface Frame {
  readonly due: number;
  readonly bytes: Buffer;
}

const MAX_FRAME = 70_000;

/** Frames of one direction, each let go when its time has come. */
class Line {
  readonly #out: number;
  readonly #delayMs: number;
  #frames: Frame[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(out: number, delayMs: number) {
    this.#out = out;
    this.#delayMs = delayMs;
  }

  push(bytes: Buffer): void {
    this.#frames.push({ due: performance.now() + this.#delayMs, bytes });
    this.#timer ??= setTimeout(this.#release, this.#delayMs);
  }

  readonly #release = (): void => {
    // Timers of Node run up to a millisecond late, never early: half of one is made good here.
    const now = performance.now() + 0.5;
    let sent = 0;
    for (const { due, bytes } of this.#frames) {
      if (due > now) break;
      sent++;
      try {
        writeSync(this.#out, bytes);
      } catch {
        // The link at the other end is down, or its queue is full: a lost frame.
      }
    }
    this.#frames.splice(0, sent);
    const next = this.#frames[0];
    this.#timer = next ? setTimeout(this.#release, Math.max(0, next.due - performance.now())) : null;
  };
}

/** One read at a time keeps the order; it waits in a thread of libuv's pool until a frame is there. */
function carry(from: number, line: Line): void {
  const buffer = Buffer.allocUnsafe(MAX_FRAME);
  const next = (): void =>
    read(from, buffer, 0, MAX_FRAME, null, (error, length) => {
      if (error) process.exit(1);
      line.push(Buffer.from(buffer.subarray(0, length)));
      next();
    });
  next();
}

const [delay = '0', ...pairs] = process.argv.slice(2);
const openTap = (path: string): Promise<number> => promisify(open)(path, constants.O_RDWR);
for (const pair of pairs) {
  const [left, right] = (await Promise.all(pair.split(':').map(openTap))) as [number, number];
  carry(left, new Line(right, Number(delay)));
  carry(right, new Line(left, Number(delay)));
}
console.log('carrying');
