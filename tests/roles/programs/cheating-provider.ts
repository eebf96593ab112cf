/**
 * A provider that cheats: the honest program with one behaviour bent. What it does is said by CHEAT:
 * `overCount` tells clients that three times as much came from them and half as much again went to them;
 * `keepLast` never answers a client that asks for the cooperative close, and claims nothing.
 *
 * usage: CHEAT=… cheating-provider.ts <arguments of provider/main.ts>
 */
import { ClientSession } from '../../../provider/session.ts';
import { Payee } from '../../../shared/machine/channel/payee.ts';

const { CHEAT } = process.env;

if (CHEAT === 'overCount') {
  const honest = Payee.prototype.handle;
  Payee.prototype.handle = function (input, now) {
    return honest.call(this, input, now).map((output) => {
      if (output.type !== 'receipt') return output;
      return { ...output, rxBytes: output.rxBytes * 3, txBytes: Math.round(output.txBytes * 1.5) };
    });
  };
} else if (CHEAT === 'keepLast') {
  const honest = ClientSession.prototype.onControlMessage;
  ClientSession.prototype.onControlMessage = function (message) {
    if (message.type !== 'close') honest.call(this, message);
  };
} else throw new RangeError(`no such cheat: ${CHEAT}`);

await import('../../../provider/main.ts');
