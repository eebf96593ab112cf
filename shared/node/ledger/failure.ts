/**
 * Turns what viem throws into a WarrenError that says what to do. It must not retry or hide anything:
 * the cause stays attached.
 */
import { BaseError, decodeErrorResult, type Hex, isHex } from 'viem';
import { WarrenError } from '../../base/errors.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../wire/abi.ts';

const ERRORS = [...hermeChannelsAbi, ...erc20PermitAbi].filter((entry) => entry.type === 'error');

/** For questions: anything that is not a WarrenError already means that the chain could not be read. */
export function readFailure(thrown: unknown): WarrenError {
  if (thrown instanceof WarrenError) return thrown;
  return new WarrenError(
    'ledger_unreachable',
    `The chain could not be read: ${briefly(thrown)}`,
    'Check the internet connection and the RPC address of the network profile, then try again.',
    { cause: thrown },
  );
}

/** For transactions: revert, empty account and node refusal are told from a node that cannot be reached. */
export function writeFailure(thrown: unknown): WarrenError {
  if (thrown instanceof WarrenError) return thrown;
  const text = briefly(thrown);
  if (/insufficient funds|exceeds? (the )?balance/i.test(text) || named(thrown, 'InsufficientFundsError')) {
    return new WarrenError(
      'funds_insufficient',
      'The account cannot pay for the transaction.',
      'Send some of the chain’s coin to this account and try again.',
      { cause: thrown },
    );
  }
  const revert = decodedRevert(thrown);
  if (revert || /revert/i.test(text)) return transactionFailed(`The contract refused: ${revert ?? text}`, thrown);
  if (answeredByNode(thrown)) return transactionFailed(`The node refused the transaction: ${text}`, thrown);
  return readFailure(thrown);
}

export function transactionFailed(message: string, cause?: unknown): WarrenError {
  return new WarrenError('transaction_failed', message, 'Look at the channel again; it may have changed meanwhile.', {
    cause,
  });
}

/** `Name(arguments)` of the custom error or `Error(text)` inside the failure, or null. */
export function decodedRevert(thrown: unknown): string | null {
  for (const error of chain(thrown)) {
    const data = revertData(error);
    if (!data) continue;
    try {
      const { errorName, args } = decodeErrorResult({ abi: ERRORS, data });
      return `${errorName}(${(args as readonly unknown[] | undefined)?.map(String).join(', ') ?? ''})`;
    } catch {
      return `unknown error ${data.slice(0, 10)}`;
    }
  }
  return null;
}

function revertData(error: object): Hex | null {
  const { data, raw } = error as { data?: unknown; raw?: unknown };
  const nested = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : undefined;
  for (const candidate of [raw, data, nested]) if (isHex(candidate) && candidate.length >= 10) return candidate;
  return null;
}

/** True when a JSON-RPC error came back, in contrast to no answer at all. */
function answeredByNode(thrown: unknown): boolean {
  return chain(thrown).some((error) => typeof (error as { code?: unknown }).code === 'number');
}

function named(thrown: unknown, name: string): boolean {
  return chain(thrown).some((error) => (error as { name?: unknown }).name === name);
}

function chain(thrown: unknown): object[] {
  const out: object[] = [];
  for (let error = thrown; typeof error === 'object' && error !== null && out.length < 16; ) {
    out.push(error);
    error = (error as { cause?: unknown }).cause;
  }
  return out;
}

/** viem's messages span many lines and carry the request; the details line says what was wrong. */
function briefly(thrown: unknown): string {
  if (thrown instanceof BaseError) return (thrown.details || thrown.shortMessage).slice(0, 300);
  return (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 300);
}
