/**
 * netd's tunnels without netd's privileges: this process was started inside a user, network, mount and
 * process namespace of its own (see ../rootless/unshare.ts), where an ordinary user may make links, routes
 * and rules. Nothing but loopback and the tunnels is here, so there is no way past them, and whatever ends
 * this process ends the namespace with all that is in it.
 */
import { asWarrenError } from '../../shared/base/errors.ts';
import { Service } from './service.ts';
import { setUp } from './set-up.ts';

// By hand it would set up the machine of whoever types it.
if (process.send === undefined) {
  console.error('This is a part of warren-host, which starts it by itself.');
  process.exit(1);
}
const answer = (message: object): void => void process.send?.(message);

// The host is gone: so are its tunnels.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

setUp().then(
  (machine) => {
    const service = new Service(machine);
    process.on('message', (message, handle) => void service.receive(message, handle));
    answer({ id: 0, result: {} });
  },
  (error: unknown) => {
    process.exitCode = 1;
    process.send?.({ id: 0, error: asWarrenError(error).data() }, () => process.disconnect());
  },
);
