/** `lab clean`: removes what dead runs left behind. */
import { reapDeadLabs } from './cleanup.ts';

const dead = reapDeadLabs();
process.stdout.write(dead.length === 0 ? 'nothing was left behind\n' : `removed ${dead.join(', ')}\n`);
