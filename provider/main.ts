#!/usr/bin/env node
/** warren-provider: the residential node's command line. Each command is a file in cli/. */
import { asWarrenError } from '../shared/base/errors.ts';
import { type Invocation, readInvocation } from './cli/invocation.ts';
import { print } from './cli/print.ts';
import { usage } from './cli/usage.ts';

type Command = (invocation: Invocation) => Promise<void>;

/** Loaded one by one: `status` needs no chain and no handshake. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./cli/init.ts')).init,
  start: async () => (await import('./cli/start.ts')).start,
  status: async () => (await import('./cli/status.ts')).status,
  earnings: async () => (await import('./cli/earnings.ts')).earnings,
  withdraw: async () => (await import('./cli/withdraw.ts')).withdraw,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  authorize: async () => (await import('./cli/authorize.ts')).authorize,
  config: async () => (await import('./cli/config.ts')).config,
};

async function main(): Promise<void> {
  const invocation = readInvocation(process.argv.slice(2), process.env);
  const load = Object.hasOwn(COMMANDS, invocation.words[0] ?? '') ? COMMANDS[invocation.words[0] ?? ''] : undefined;
  const tooMany = invocation.words.length > (invocation.words[0] === 'withdraw' ? 3 : 1);
  if (invocation.options.help || !load || tooMany) {
    print(usage());
    process.exitCode = invocation.options.help ? 0 : 2;
    return;
  }
  await (await load())(invocation);
}

main().catch((thrown: unknown) => {
  const error = asWarrenError(thrown);
  process.stderr.write(`${error.message}\n${error.action}\n`);
  process.exit(1);
});
