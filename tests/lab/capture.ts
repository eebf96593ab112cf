/**
 * What went over a link: tcpdump into the lab's tmpfs, read back as one line per packet. Used on the
 * inner side of a home's router, where everything that leaves the home must pass.
 */
import { join } from 'node:path';
import { until } from '../e2e/wait.ts';
import { LabProcess } from './process.ts';
import { inNamespace } from './run.ts';

export interface Capture {
  /** Packets that match a pcap filter, as tcpdump prints them (no name look-ups). */
  matching(filter: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startCapture(options: {
  readonly name: string;
  readonly namespace: string;
  readonly link: string;
  readonly folder: string;
  readonly logs: string;
}): Promise<Capture> {
  const file = join(options.folder, `${options.name}.pcap`);
  const process = new LabProcess({
    name: options.name,
    namespace: options.namespace,
    command: 'tcpdump',
    // 160 bytes hold every header and a DNS name; immediate and unbuffered, so that what was seen can be read at once.
    args: ['-i', options.link, '-n', '-U', '--immediate-mode', '-s', '160', '-B', '16384', '-Z', 'root', '-w', file],
    logs: options.logs,
  });
  await process.prints(/listening on/);
  /** All that went over the link before is in the file: on a full machine tcpdump comes to it late. */
  const caughtUp = async (): Promise<void> => {
    while (process.running) {
      const before = answersOf(process).length;
      process.child.kill('SIGUSR1');
      await until(
        'tcpdump tells how far it is',
        () => answersOf(process).length > before || !process.running,
        20_000,
        10,
      );
      const { captured, received } = answersOf(process).at(-1) ?? { captured: 0, received: 0 };
      if (captured >= received) return;
    }
  };
  return {
    async matching(filter) {
      await caughtUp();
      const text = await inNamespace(options.namespace, 'tcpdump', ['-n', '-tt', '-r', file, filter]);
      return text.split('\n').filter((line) => line !== '');
    },
    stop: () => process.stop(),
  };
}

/** What it said whenever it was asked: packets that it has written, and that the kernel has for it. */
function answersOf({ output }: LabProcess): { readonly captured: number; readonly received: number }[] {
  const answers = output.matchAll(/(\d+) packets? captured, (\d+) packets? received/g);
  return [...answers].map(([, captured, received]) => ({ captured: Number(captured), received: Number(received) }));
}
