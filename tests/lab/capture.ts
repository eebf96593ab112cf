/**
 * What went over a link: tcpdump into the lab's tmpfs, read back as one line per packet. Used on the
 * inner side of a home's router, where everything that leaves the home must pass.
 */
import { join } from 'node:path';
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
  let asked = 0;
  /** All that went over the link before is in the file: on a full machine tcpdump comes to it late. */
  const caughtUp = async (): Promise<void> => {
    while (process.running) {
      const answers = new RegExp(`(?:[^]*?(\\d+) packets? captured, (\\d+) packets? received){${++asked}}`);
      process.child.kill('SIGUSR1');
      const [, captured, received] = await process.prints(answers);
      if (Number(captured) >= Number(received)) return;
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
