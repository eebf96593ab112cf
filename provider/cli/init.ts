/** `init`: an identity, a settings file, and an honest word on what clients will get from here. */
import { existsSync, readFileSync } from 'node:fs';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { type Address, address, didOf, isAddress } from '../../shared/base/units.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { coldKeys, newKeys } from '../identity.ts';
import { createKeystore } from '../keystore.ts';
import { natWords } from '../nat-words.ts';
import { readPassword } from '../password.ts';
import { readSettings, writeSettings } from '../settings/file.ts';
import { readProfile } from '../settings/paths.ts';
import { type Config, flagOf, type SettingName, type Settings, settingOf } from '../settings/table.ts';
import type { Invocation } from './invocation.ts';
import { type Look, lookAround, placeWords } from './look.ts';
import { ask, columns, isAttended, print, printJson } from './print.ts';

/** What a person is asked, unless it was given. */
const ASKED: readonly SettingName[] = ['pricePerMB', 'capacityMbps', 'perClientMbps', 'maxClients'];

export async function init(invocation: Invocation): Promise<void> {
  const { configPath, given, options } = invocation;
  const before = await invocation.config();
  if (existsSync(before.keystore))
    throw new WarrenError('internal', `${before.keystore} exists already.`, 'Move it away first: it may hold money.');
  const profile = await readProfile(before.network);
  const look = options.noCheck ? null : await lookAround(before, profile);
  const isAsking = isAttended() && !options.yes && !options.json;
  const answers = isAsking ? await askFor(given, look) : {};
  const config = await invocation.config(answers);

  const keys = chooseKeys(options);
  await createKeystore(config.keystore, await readPassword(options.passwordFile, true), keys.account, keys);
  // Said in full: another user, or a service, may start it.
  const { network, keystore, runtimeDir } = config;
  await writeSettings(configPath, {
    ...(await readSettings(configPath)),
    ...given,
    ...answers,
    network,
    keystore,
    runtimeDir,
  });

  const did = didOf(profile.chainId, keys.account);
  const facts = { account: keys.account, did, config: configPath, keystore };
  const words = look && natWords(look.nat);
  if (options.json)
    return printJson({ ...facts, nat: look?.nat ?? null, place: look?.place ?? null, clients: words?.clients ?? null });
  print(
    [
      columns([
        ['Identity', did],
        ['Settings', `${configPath} (every setting, with a comment)`],
        ['Keys', `${keystore} (back it up, with its password)`],
        ...(look ? ([['Place', placeWords(look.place, config.country)]] as const) : []),
        ...(words ? ([['NAT', words.title]] as const) : []),
      ]),
      ...(words ? ['', `What clients get: ${words.clients}`] : []),
      ...(words?.action ? [words.action] : []),
      '',
      nextStep(keys.account, profile, config, options.cold !== undefined),
    ].join('\n'),
  );
}

async function askFor(given: Settings, look: Look | null): Promise<Settings> {
  const answers: Record<string, unknown> = {};
  const names = look?.place?.country ? ASKED : ([...ASKED, 'country'] as const);
  for (const name of names) {
    if (Object.hasOwn(given, name)) continue;
    const { kind, says, default: initial } = settingOf(name);
    process.stderr.write(`${says}\n`);
    const answer = await ask(`  ${flagOf(name)}`, String(initial ?? ''));
    if (answer !== '' && answer !== String(initial)) answers[name] = kind.read(answer);
  }
  return answers;
}

/** @throws WarrenError address_invalid, seed_invalid. */
function chooseKeys({ import: file, cold }: Invocation['options']) {
  if (cold !== undefined) {
    if (file !== undefined || !isAddress(cold))
      throw new WarrenError(
        'address_invalid',
        'This is no account for a cold identity.',
        'Give its 0x-address with --cold, and no --import.',
      );
    return coldKeys(address(cold));
  }
  try {
    return newKeys(file === undefined ? undefined : readFileSync(file, 'utf8').trim());
  } catch (cause) {
    throw new WarrenError('seed_invalid', `${file} holds no private key.`, 'It has to be 32 bytes as 0x-hex.', {
      cause,
    });
  }
}

function nextStep(account: Address, { coinSymbol }: NetworkProfile, config: Config, isCold: boolean): string {
  if (!isCold)
    return `Send some ${coinSymbol} to ${account} for registration and claims, then run "${CALLED.provider('start')}".`;
  return (
    `The identity key stays where it is. Let this node speak for it with "${CALLED.provider('authorize')}" ` +
    `(--print for another wallet), then run "${CALLED.provider('start')}". Earnings go to ${account}; claims are paid ` +
    `by the hot key, whose account "${CALLED.provider('doctor')}" names. Keys: ${config.keystore}`
  );
}
