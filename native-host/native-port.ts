/**
 * The browser's pipe: little-endian u32 length + UTF-8 JSON, both ways, at most 1 MiB a frame.
 * Parses what arrives against the schema and answers a bad frame with a typed error; it decides
 * nothing else. Stdout belongs to this file alone: one stray byte there kills the connection.
 */
import type { Readable, Writable } from 'node:stream';
import * as v from 'valibot';
import { concat } from '../shared/base/bytes.ts';
import { WarrenError } from '../shared/base/errors.ts';
import { type Down, DownSchema, MAX_FRAME_BYTES, type UpInput } from '../shared/wire/native.ts';

const HEADER_BYTES = 4;

/** A frame's payload, or why the bytes were none. */
export type Frame = { readonly payload: Uint8Array } | { readonly error: WarrenError };

/**
 * Cuts a byte stream into frames. Chunks are kept as they come and joined once per frame: joining
 * at every chunk is quadratic (63 MiB took 23 s that way). A frame over the limit is skipped
 * without being held in memory, and the stream stays in step.
 */
export class FrameDecoder {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #skip = 0;

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    this.#keep(chunk);
    for (;;) {
      if (this.#held < HEADER_BYTES || this.#skip > 0) return frames;
      const length = this.#peekLength();
      if (length > MAX_FRAME_BYTES) {
        this.#take(HEADER_BYTES);
        frames.push({ error: tooLarge(length) });
        this.#skip = length;
        this.#dropSkipped();
        continue;
      }
      if (this.#held < HEADER_BYTES + length) return frames;
      this.#take(HEADER_BYTES);
      frames.push({ payload: this.#take(length) });
    }
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    this.#dropSkipped();
  }

  #dropSkipped(): void {
    const drop = Math.min(this.#skip, this.#held);
    if (drop === 0) return;
    this.#skip -= drop;
    let left = drop;
    this.#held -= drop;
    while (left > 0) {
      const first = this.#chunks[0] as Uint8Array;
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#chunks.shift();
    }
  }

  #peekLength(): number {
    const first = this.#chunks[0] as Uint8Array;
    const header = first.length >= HEADER_BYTES ? first : this.#join();
    return new DataView(header.buffer, header.byteOffset, HEADER_BYTES).getUint32(0, true);
  }

  #take(bytes: number): Uint8Array {
    const first = this.#chunks[0];
    const whole = first && first.length >= bytes ? first : this.#join();
    this.#held -= bytes;
    if (whole.length === bytes) this.#chunks.shift();
    else this.#chunks[0] = whole.subarray(bytes);
    return whole.subarray(0, bytes);
  }

  #join(): Uint8Array {
    const whole = concat(...this.#chunks);
    this.#chunks = [whole];
    return whole;
  }
}

/** @throws WarrenError `frame_too_large` when the message does not fit one frame. */
export function encodeFrame(message: unknown): Uint8Array {
  const payload = new TextEncoder().encode(JSON.stringify(message));
  if (payload.length > MAX_FRAME_BYTES) throw tooLarge(payload.length);
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, payload.length, true);
  return concat(header, payload);
}

/** @throws WarrenError `frame_malformed` for what is no JSON object, `message_unknown` for one that no schema takes. */
export function parseDown(payload: Uint8Array): Down {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new WarrenError('frame_malformed', 'The extension sent a frame that is no JSON.', UPDATE_BOTH);
  }
  const parsed = v.safeParse(DownSchema, json);
  if (parsed.success) return parsed.output;
  // The path only: a value could be a private key.
  const where = v.getDotPath(parsed.issues[0]) ?? 'message';
  throw new WarrenError(
    'message_unknown',
    `The extension sent a message that the host cannot read (${where}).`,
    UPDATE_BOTH,
  );
}

export interface NativePort {
  send(message: UpInput): void;
  /** True while the browser does not keep up: hold snapshots back, a later one says it all. */
  readonly congested: boolean;
}

export interface PortHandlers {
  onMessage(message: Down): void;
  /** A frame that could not be understood; the port has already answered with a fault. */
  onFault?(error: WarrenError): void;
  /** The browser closed its end, or our output broke. Called once. */
  onEnd(): void;
}

/** @param input the process's stdin, @param output its stdout. */
export function openNativePort(input: Readable, output: Writable, handlers: PortHandlers): NativePort {
  const decoder = new FrameDecoder();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    handlers.onEnd();
  };
  const port: NativePort = {
    send(message) {
      if (!ended) output.write(encodeFrame(message));
    },
    get congested() {
      return output.writableNeedDrain;
    },
  };
  const fault = (error: WarrenError) => {
    port.send({ type: 'fault', error: error.data() });
    handlers.onFault?.(error);
  };
  input.on('data', (chunk: Uint8Array) => {
    for (const frame of decoder.push(chunk)) {
      if ('error' in frame) {
        fault(frame.error);
        continue;
      }
      let message: Down;
      try {
        message = parseDown(frame.payload);
      } catch (error) {
        fault(error as WarrenError);
        continue;
      }
      handlers.onMessage(message);
    }
  });
  input.once('end', end);
  input.once('close', end);
  input.once('error', end);
  output.once('error', end);
  return port;
}

const UPDATE_BOTH = 'Update the extension and the host to the same version.';

function tooLarge(bytes: number): WarrenError {
  return new WarrenError(
    'frame_too_large',
    `A frame of ${bytes} bytes is over the limit of ${MAX_FRAME_BYTES}.`,
    UPDATE_BOTH,
  );
}
