/**
 * DNS over TLS (RFC 7858) to one server, in RFC 8310's strict profile: its certificate has to be good for the
 * name that the owner gave, or nothing is asked; there is no way back to plain text. One connection, opened at the
 * first question and kept while questions come, many of them under way at once (RFC 7766 §6.2.1.1).
 */
import { randomInt } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { framed, Unframer } from './framing.ts';
import { isAnswerTo, type Query, upstreamQuery } from './messages.ts';

export interface TlsLine {
  /** The raw answer, or null: no connection, no trust, no answer in time. */
  ask(query: Query): Promise<Buffer | null>;
  close(): void;
}

/** With room for TCP's and TLS's own trips. */
const TRY_MS = 3_000;
/** Shorter than servers wait, so that it is we who close. */
const IDLE_MS = 8_000;

interface Question {
  readonly query: Query;
  readonly answered: (answer: Buffer | null) => void;
}

export function openTlsLine(address: string, port: number, name: string): TlsLine {
  const waiting = new Map<number, Question>();
  let socket: TLSSocket | null = null;
  /** What was asked before the certificate was checked: not a byte of it leaves before. Null: it is. */
  let early: Buffer[] | null = null;
  /** When the server said something last, on whichever connection. */
  let heardAt = 0;

  function open(): TLSSocket {
    const opened = connect({ host: address, port, servername: name, ALPNProtocols: ['dot'], minVersion: 'TLSv1.2' });
    const messages = new Unframer();
    early = [];
    opened.once('secureConnect', () => {
      for (const message of early ?? []) opened.write(message);
      early = null;
    });
    opened.setNoDelay(true);
    opened.setTimeout(IDLE_MS, () => opened.destroy());
    // Its end tells those who wait; why it ended does not matter to them.
    opened.on('error', () => {});
    opened.on('data', (chunk: Buffer) => {
      heardAt = performance.now();
      for (const message of messages.push(chunk)) receive(message);
    });
    opened.on('close', () => {
      if (socket !== opened) return;
      socket = null;
      for (const { answered } of [...waiting.values()]) answered(null);
    });
    return opened;
  }

  function receive(message: Buffer): void {
    if (message.length < 2) return;
    const id = message.readUInt16BE(0);
    const question = waiting.get(id);
    if (question && isAnswerTo(message, id, question.query.question)) question.answered(message);
  }

  return {
    ask(query) {
      return new Promise((resolve) => {
        let id = randomInt(0x10000);
        while (waiting.has(id)) id = randomInt(0x10000);
        const askedAt = performance.now();
        const timer = setTimeout(() => {
          answered(null);
          // A connection that a router forgot takes questions for a quarter of an hour, and says nothing.
          if (heardAt < askedAt) socket?.destroy();
        }, TRY_MS);
        const answered = (answer: Buffer | null) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        waiting.set(id, { query, answered });
        socket ??= open();
        const message = framed(upstreamQuery(id, query, 'padded'));
        if (early) early.push(message);
        else socket.write(message);
      });
    },
    close() {
      socket?.destroy();
    },
  };
}
