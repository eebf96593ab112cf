/** `authorize`: a cold identity lets this node's hot key speak for it, for some days. */
import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { openChain } from '../../shared/node/ledger/chain.ts';
import { registrationCalls } from '../../shared/node/ledger/register.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import { addressOf } from '../../shared/node/secp256k1.ts';
import { loadKeys } from '../keystore.ts';
import { readPassword } from '../password.ts';
import { readProfile } from '../settings/paths.ts';
import type { Invocation } from './invocation.ts';
import { print, printJson } from './print.ts';

const DAY_SECONDS = 86_400;

export async function authorize({ options, config: read }: Invocation): Promise<void> {
  const config = await read();
  const profile = await readProfile(config.network);
  const keys = await loadKeys(config.keystore, await readPassword(options.passwordFile, false));
  const days = Number(options.days ?? '365');
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    throw new WarrenError('frame_malformed', 'This is no number of days.', 'Give --days N, from 1 to 3650.');
  const wanted = { delegate: addressOf(keys.hot), delegateSeconds: days * DAY_SECONDS, services: profile.relays };
  if (options.print) {
    const calls = await registrationCalls(openChain(profile), keys.address, wanted);
    if (options.json) return printJson(calls.map((call) => ({ from: keys.address, ...call })));
    if (calls.length === 0) return print('Nothing to sign: the chain says all of it already.');
    print(`To be sent by ${keys.address}, in this order:\n`);
    for (const { to, data } of calls) print(`to    ${to}\ndata  ${data}\n`);
    return;
  }
  const key = readIdentity(options.identity);
  if (addressOf(key) !== keys.address)
    throw new WarrenError('signature_invalid', `This is not the key of ${keys.address}.`, 'Give the identity key.');
  await createLedgerWriter(profile, toHex(key)).register(wanted);
  if (options.json) printJson({ delegate: wanted.delegate, days });
  else print(`The hot key ${wanted.delegate} may speak for ${keys.address} for ${days} days.`);
}

function readIdentity(file: string | undefined): Uint8Array {
  try {
    return fromHex(readFileSync(file ?? '', 'utf8').trim());
  } catch (cause) {
    throw new WarrenError(
      'seed_invalid',
      'The identity key could not be read.',
      'Give a file with 32 bytes as 0x-hex with --identity FILE, or use --print and sign elsewhere.',
      { cause },
    );
  }
}
