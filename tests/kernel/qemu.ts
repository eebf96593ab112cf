/**
 * One guest, from its first line to its last: QEMU with KVM where the processor lends it, else emulated.
 * The guest dies with this process, whatever ends it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

export interface Guest {
  /**
   * This machine's own root, read-only with memory over it; or the image of a disk with ext4, on which what the guest
   * writes is forgotten. The disk is many times faster where many files are looked at.
   */
  readonly root: { readonly folder: string } | { readonly disk: string };
  /** A folder of this machine that it sees at the very same path, read-only, where its root is not this machine's. */
  readonly checkout?: string;
  /** The image of a disk with what lies in its node_modules: each file of 9p costs an emulated machine milliseconds. */
  readonly modules?: string;
  readonly image: string;
  readonly initramfs: string;
  /** Folders of this machine that the guest may write to: of this run, and one that stays for the next. */
  readonly out: string;
  readonly code: string;
  /** What runs on the guest's real root, as a path on it. */
  readonly start: string;
  /**
   * Where it is emulated, its clock counts what its processor did instead of seconds, so that a time limit in there is
   * as far away as on a machine of its own, however busy this one is. Costs its second processor.
   */
  readonly countsInstructions?: boolean;
}

export type Accelerator = 'kvm' | 'tcg';

const PROGRAM = '/usr/bin/qemu-system-x86_64';
const MEMORY_MB = 3072;
/** An emulated boot takes fifteen seconds of a quiet machine; one with KVM takes two. */
const BOOT_LIMIT_MS = 180_000;
const KVM_LIMIT_MS = 30_000;
const UP = /GUEST UP/;
/**
 * Less than QEMU can do, for it is done faster: bytes copied one by one (ERMS; without it Linux takes eight at a
 * time), a fifth level of page tables to walk after each of the many flushes, and checks of memory that nobody here
 * needs, each of which flushes once more.
 */
const EMULATED_CPU = 'max,erms=off,la57=off,pku=off,smap=off,smep=off';

/** KVM needs the processor's help besides the device, which some clouds offer without it. */
export function accelerators(): readonly Accelerator[] {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? ['kvm', 'tcg'] : ['tcg'];
  } catch {
    return ['tcg'];
  }
}

/**
 * Runs a guest until it powers itself off, and hands on what it prints.
 * @throws Error saying what mends it when QEMU does not run, or the guest does not come up or go down in time.
 */
export async function runGuest(guest: Guest, limitMs: number, print: (text: string) => void): Promise<Accelerator> {
  if (!existsSync(PROGRAM)) throw new Error('QEMU is not installed: run "sudo apt install qemu-system-x86"');
  for (const accelerator of accelerators()) {
    const last = accelerator === 'tcg';
    const bootLimit = last ? BOOT_LIMIT_MS : KVM_LIMIT_MS;
    if (await attempt(guest, { accelerator, bootLimit, limitMs, print })) return accelerator;
    if (!last) print('no guest came up with KVM: emulating the processor instead\n');
  }
  throw new Error('the guest did not come up; what it printed stands above');
}

interface Attempt {
  readonly accelerator: Accelerator;
  readonly bootLimit: number;
  readonly limitMs: number;
  readonly print: (text: string) => void;
}

/** @returns whether it came up. */
async function attempt(guest: Guest, { accelerator, bootLimit, limitMs, print }: Attempt): Promise<boolean> {
  const child = start(guest, accelerator);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let up = false;
  let overdue = false;
  let timer = setTimeout(kill, bootLimit);
  let text = '';
  const read = (chunk: string): void => {
    print(chunk);
    if (up) return;
    text += chunk;
    if (!UP.test(text)) return;
    up = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      overdue = true;
      kill();
    }, limitMs);
  };
  // A chunk may end within a character.
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', read);
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  process.off('exit', kill);
  if (overdue) throw new Error(`the guest was not done after ${limitMs / 1000} s`);
  return up;
}

const TWO = ['-smp', '2'] as const;

/** A thousand million instructions are a second; while there is nothing to do, a second is a second. */
function emulated(countsInstructions: boolean): readonly string[] {
  return countsInstructions
    ? ['-accel', 'tcg,thread=single,tb-size=512', '-cpu', EMULATED_CPU, '-smp', '1', '-icount', 'shift=0,sleep=on']
    : ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', EMULATED_CPU, ...TWO];
}

function start(guest: Guest, accelerator: Accelerator): ChildProcess {
  const { root, checkout, modules, image, initramfs, out, code, start: script, countsInstructions = false } = guest;
  const share = (path: string, tag: string, more: string) =>
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`;
  const args = [
    ...(accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host', ...TWO] : emulated(countsInstructions)),
    ...['-m', String(MEMORY_MB), '-nodefaults', '-no-reboot', '-nographic', '-serial', 'stdio'],
    ...['-kernel', image, '-initrd', initramfs],
    ...[
      ...('folder' in root ? [share(root.folder, 'root', ',readonly=on')] : []),
      share(out, 'out', ''),
      share(code, 'code', ''),
      ...(checkout === undefined ? [] : [share(checkout, 'checkout', ',readonly=on')]),
    ].flatMap((one) => ['-virtfs', one]),
    // In the order of their letters.
    ...[...('disk' in root ? [root.disk] : []), ...(modules === undefined ? [] : [modules])].flatMap((file) => [
      '-drive',
      `file=${file},format=raw,if=virtio,snapshot=on,cache=unsafe`,
    ]),
    '-append',
    [
      'console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on no_timer_check tsc=reliable',
      ...('disk' in root ? ['disk=/dev/vda'] : []),
      ...(modules === undefined ? [] : [`modules=/dev/vd${'disk' in root ? 'b' : 'a'}`]),
      ...(checkout === undefined ? [] : [`checkout=${checkout}`]),
      `start=${script}`,
    ].join(' '),
  ];
  // The kernel kills it when its parent is gone, also by SIGKILL.
  return spawn('setpriv', ['--pdeathsig', 'KILL', PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}
