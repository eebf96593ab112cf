/**
 * `warren-host`, started by the browser: reads its options, speaks the native protocol on stdin and
 * stdout, says welcome before anything heavy is loaded, and takes everything down when stdin ends.
 * It never runs as a service and needs no privilege.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import { VERSION } from '../shared/base/version.ts';
import { assertInRam, openRuntimeDir, type RuntimeDir } from '../shared/node/runtime-dir.ts';
import { type Down, PROTOCOL_VERSION, type UpInput } from '../shared/wire/native.ts';
import { type NetworkProfile, NetworkProfileSchema } from '../shared/wire/network.ts';
import { denyCoreDumps } from './core-dumps.ts';
import { createLog, type Log } from './log.ts';
import { openNativePort } from './native-port.ts';
import { type HostOptions, parseOptions } from './options.ts';
import type { SessionLoop } from './session-loop.ts';

/** Chromium kills a host about 2 s after EOF; what is not down by then dies with netd's connection anyway. */
const TEARDOWN_LIMIT_MS = 1_500;
/** What may wait for the loop to load. */
const MAX_QUEUED = 256;

interface Running {
  readonly options: HostOptions;
  readonly profile: NetworkProfile;
  readonly runtime: RuntimeDir;
}

// Somebody's stray console.log would be a broken frame.
console.log = console.info = console.debug = console.error;

let log: Log = createLog(null);
let loop: SessionLoop | null = null;
let greeted = false;
let ending = false;
const queue: Exclude<Down, { type: 'hello' }>[] = [];

const starting = start();
// Said when the extension greets: before that nobody listens.
starting.catch(() => {});

const port = openNativePort(process.stdin, process.stdout, {
  onMessage: receive,
  onFault: (error) => log.debug(`bad frame: ${error.code}`),
  onEnd: () => void end(0),
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => void end(0));
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

async function start(): Promise<Running> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.log) {
    await assertInRam(dirname(options.log));
    log = createLog(options.log);
  }
  denyCoreDumps();
  const [profile, runtime] = await Promise.all([
    readProfile(options.network),
    openRuntimeDir(options.runtimeDir, 'host'),
  ]);
  return { options, profile, runtime };
}

async function readProfile(file: string): Promise<NetworkProfile> {
  try {
    return v.parse(NetworkProfileSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const message = `The network profile ${file} can not be read.`;
    throw new WarrenError('internal', message, 'Reinstall the host.', { cause });
  }
}

function receive(message: Down): void {
  if (message.type === 'hello') {
    if (greeted) fault(new WarrenError('message_unknown', 'The extension said hello twice.', 'Reload the extension.'));
    else void greet(message.version);
    greeted = true;
  } else if (!greeted) {
    fault(new WarrenError('message_unknown', 'The extension has to say hello first.', 'Reload the extension.'));
  } else if (loop) {
    loop.handle(message);
  } else if (queue.length < MAX_QUEUED) {
    queue.push(message);
  }
}

async function greet(version: number): Promise<void> {
  try {
    assertVersion(version);
    const running = await starting;
    port.send(welcome(running.profile));
    await load(running);
  } catch (error) {
    fault(asWarrenError(error));
  }
}

/** After the welcome: the loop and all that it needs. */
async function load({ options, profile }: Running): Promise<void> {
  const [{ openWorld }, { SessionLoop }, { openSignedAmounts }] = await Promise.all([
    import('./world.ts'),
    import('./session-loop.ts'),
    import('./signed-amounts.ts'),
  ]);
  const [world, signed] = await Promise.all([
    openWorld(profile, options.netdSocket, options.rotateEvery, options.tunnels),
    openSignedAmounts(options.runtimeDir),
  ]);
  if (ending) return signed.close();
  const settings = { hostVersion: VERSION, testSwitches: options.testSwitches, log, signed };
  loop = new SessionLoop(world, port, settings);
  for (const message of queue.splice(0)) loop.handle(message);
}

/** @throws WarrenError `host_too_old`, or `version_unsupported` when it is the extension that is too old. */
function assertVersion(version: number): void {
  if (version > PROTOCOL_VERSION) {
    const message = `The extension speaks version ${version}, this host only ${PROTOCOL_VERSION}.`;
    throw new WarrenError('host_too_old', message, 'Update the Warren host, then restart the browser.');
  }
  if (version < PROTOCOL_VERSION) {
    const message = `The host speaks version ${PROTOCOL_VERSION}, the extension only ${version}.`;
    throw new WarrenError('version_unsupported', message, 'Update the Warren extension.');
  }
}

function welcome(profile: NetworkProfile): UpInput {
  const { name, chainId, channels, token, tokenName, tokenSymbol, tokenDecimals, coinSymbol, explorer } = profile;
  // One block is the least that the wallet calls confirmed.
  const confirmations = Math.max(1, profile.confirmations);
  const rate = profile.coinInToken === undefined ? {} : { coinInToken: profile.coinInToken };
  const tokenFacts = { token, tokenName, tokenSymbol, tokenDecimals };
  return {
    type: 'welcome',
    version: PROTOCOL_VERSION,
    hostVersion: VERSION,
    network: { name, chainId, channels, ...tokenFacts, coinSymbol, explorer, confirmations, ...rate },
    capabilities: ['self-test'],
  };
}

function fault(error: WarrenError): void {
  log.warn(`${error.code}: ${error.message}`);
  port.send({ type: 'fault', error: error.data() });
}

/** A bug: say so, take everything down (nothing may stay half up), and let the browser start us anew. */
function crash(thrown: unknown): void {
  const error = asWarrenError(thrown);
  log.warn(error.stack ?? error.message);
  port.send({ type: 'fault', error: error.data() });
  void end(1);
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  setTimeout(() => process.exit(code), TEARDOWN_LIMIT_MS);
  await loop?.stop().catch((error: unknown) => log.warn(asWarrenError(error).message));
  const running = await starting.catch(() => null);
  await running?.runtime.wipe().catch(() => {});
  process.exit(code);
}
