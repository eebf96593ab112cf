/** Messages on a stream (RFC 1035 §4.2.2): two bytes of length before each. Pure. */

export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Puts the chunks of a stream together: at most one message is ever held back, so at most 64 KiB and a chunk. */
export class Unframer {
  #held = Buffer.alloc(0);

  push(chunk: Uint8Array): readonly Buffer[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    const messages: Buffer[] = [];
    while (this.#held.length >= 2) {
      const end = 2 + this.#held.readUInt16BE(0);
      if (this.#held.length < end) break;
      messages.push(this.#held.subarray(2, end));
      this.#held = this.#held.subarray(end);
    }
    return messages;
  }
}
