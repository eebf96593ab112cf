/**
 * The telling of a story: steps with their time, claims with their truth. Prints as it goes, so that a
 * person can follow, and keeps everything for the summary.
 */
export interface Claim {
  readonly step: string;
  readonly text: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface Step {
  readonly name: string;
  readonly ms: number;
  readonly passed: number;
  readonly failed: number;
}

export interface Telling {
  readonly claims: readonly Claim[];
  readonly steps: readonly Step[];
}

const COLOUR = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string): string => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text);

export class Timeline implements Telling {
  readonly claims: Claim[] = [];
  readonly steps: Step[] = [];
  readonly #quiet: boolean;
  readonly #began = performance.now();
  #step = '';

  constructor(options: { readonly quiet: boolean }) {
    this.#quiet = options.quiet;
  }

  /** One step of the story. What it throws is a failed claim, and ends the story. */
  async step<T>(name: string, play: () => Promise<T>): Promise<T> {
    this.#step = name;
    const began = performance.now();
    const before = this.claims.length;
    this.#print(`\n${paint(1, `${this.steps.length + 1}  ${name}`)}`);
    try {
      return await play();
    } catch (error) {
      this.claim('the step comes to its end', false, reasons(error));
      throw error;
    } finally {
      const own = this.claims.slice(before);
      const failed = own.filter((claim) => !claim.ok).length;
      this.steps.push({ name, ms: performance.now() - began, passed: own.length - failed, failed });
    }
  }

  /** Something that happened. */
  note(text: string): void {
    this.#print(`${this.#clock()}  ${paint(2, '·')} ${text}`);
  }

  /** Something that must be so. */
  claim(text: string, ok: boolean, detail = ''): void {
    this.claims.push({ step: this.#step, text, ok, detail });
    const mark = ok ? paint(32, '✓') : paint(31, '✗');
    this.#print(`${this.#clock()}  ${mark} ${text}${detail ? paint(2, `  (${detail})`) : ''}`, !ok);
  }

  summary(): string {
    const width = Math.max(...this.steps.map((step) => step.name.length), 4);
    const rows = this.steps.map((step, i) => {
      const mark = step.failed === 0 ? paint(32, '✓') : paint(31, '✗');
      const held = `${step.passed}/${step.passed + step.failed}`;
      return ` ${mark} ${i + 1}  ${step.name.padEnd(width)}  ${held.padStart(6)}  ${seconds(step.ms).padStart(8)}`;
    });
    const held = this.claims.filter((claim) => claim.ok).length;
    const line = '─'.repeat(width + 25);
    const total = `      ${'all'.padEnd(width)}  ${`${held}/${this.claims.length}`.padStart(6)}  ${seconds(this.#elapsed()).padStart(8)}`;
    return [line, `      ${'step'.padEnd(width)}  claims      time`, line, ...rows, line, total].join('\n');
  }

  get holds(): boolean {
    return this.claims.length > 0 && this.claims.every((claim) => claim.ok);
  }

  #elapsed(): number {
    return performance.now() - this.#began;
  }

  #clock(): string {
    return paint(2, `${(this.#elapsed() / 1000).toFixed(2).padStart(7)} s`);
  }

  #print(line: string, evenIfQuiet = false): void {
    if (!this.#quiet || evenIfQuiet) process.stdout.write(`${line}\n`);
  }
}

export const seconds = (ms: number): string => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** What was thrown, and what caused it, down to the bottom. */
function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasons(error.cause)}`;
}
