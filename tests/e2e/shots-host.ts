/**
 * A native-messaging host for screenshots only: answers from a scenario file, which the harness
 * rewrites while the browser runs. It builds no tunnel and proves nothing about one.
 * Usage: node shots-host.ts <scenario.json>
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  DownSchema,
  type Method,
  PROTOCOL_VERSION,
  type ResultInput,
  type UpInput,
  UpSchema,
} from '../../shared/wire/native.ts';

export type Snapshot = Extract<UpInput, { type: 'snapshot' }>;
/** Whole or not at all: the host reads the file whenever it likes. */
export function writeScenario(file: string, scenario: Scenario): void {
  writeFileSync(`${file}.new`, JSON.stringify(scenario));
  renameSync(`${file}.new`, file);
}

export interface Scenario {
  readonly version?: number;
  readonly capabilities?: string[];
  readonly network: Extract<UpInput, { type: 'welcome' }>['network'];
  readonly exits: Snapshot['exits'];
  readonly host: Snapshot['host'];
  readonly answers: { readonly [M in Method]?: ResultInput<M> };
}

const POLL_MS = 100;
const TICK_MS = 1000;

if (import.meta.main) run(process.argv[2] as string);

function run(file: string): void {
  let sequence = 0;
  let text = '';
  let sentAt = 0;
  let welcomed = false;
  const snapshot = () => {
    const now = readFileSync(file, 'utf8');
    if (!welcomed || (now === text && Date.now() - sentAt < TICK_MS)) return;
    text = now;
    sentAt = Date.now();
    const { exits, host } = JSON.parse(now) as Scenario;
    write({
      type: 'snapshot',
      sequence: sequence++,
      host,
      idle: exits.length === 0,
      exits: exits.map(wobble),
      error: null,
    });
  };
  setInterval(snapshot, POLL_MS);
  read((message) => {
    const down = v.parse(DownSchema, message);
    const {
      network,
      version = PROTOCOL_VERSION,
      answers,
      capabilities = [],
    } = JSON.parse(readFileSync(file, 'utf8')) as Scenario;
    if (down.type === 'hello') {
      write({ type: 'welcome', version, hostVersion: '0.1.0', network, capabilities });
      welcomed = true;
      snapshot();
    } else if (down.type === 'request') {
      write({ type: 'response', id: down.id, result: answers[down.body.method] ?? {} });
    }
  });
}

/** Rates that move, so that the chart has a shape. */
function wobble(exit: Snapshot['exits'][number], at: number): Snapshot['exits'][number] {
  const wave = 0.65 + 0.35 * Math.sin(Date.now() / 2300 + at * 2) * Math.cos(Date.now() / 900);
  return { ...exit, rxRate: Math.round(exit.rxRate * wave), txRate: Math.round(exit.txRate * (1.6 - wave)) };
}

function write(up: UpInput): void {
  v.parse(UpSchema, up);
  const body = Buffer.from(JSON.stringify(up));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([head, body]));
}

function read(onMessage: (message: unknown) => void): void {
  let rest = Buffer.alloc(0);
  process.stdin.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
      const end = 4 + rest.readUInt32LE(0);
      onMessage(JSON.parse(rest.subarray(4, end).toString()));
      rest = rest.subarray(end);
    }
  });
  process.stdin.on('end', () => process.exit(0));
}
