/**
 * Splits a byte stream into newline-ended lines with a hard bound on each, so that a peer who never
 * sends the newline cannot make us hold more than one line. It decodes nothing.
 */
const NEWLINE = 0x0a;

export class LineTooLong extends Error {}

export class LineSplitter {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Lines completed by this chunk, without their newline.
   * @throws LineTooLong when a line exceeds the limit; the stream can not be trusted afterwards.
   */
  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(NEWLINE, from);
      const end = at < 0 ? chunk.length : at;
      if (this.#held + (end - from) > this.#limit) throw new LineTooLong(`a line exceeds ${this.#limit} bytes`);
      this.#parts.push(chunk.subarray(from, end));
      this.#held += end - from;
      if (at < 0) break;
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#held = 0;
      from = at + 1;
    }
    return lines;
  }
}
