/** A peer of a relayed address: sends back what it gets, to where it came from. Prints {port}, then each {from}. */
import dgram from 'node:dgram';

const socket = dgram.createSocket('udp4');
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
socket.on('message', (packet, { address, port }) => {
  say({ from: { address, port }, text: packet.toString() });
  socket.send(packet, port, address);
});
socket.bind(0, () => say({ port: socket.address().port }));
// A hole of its own towards the relayed address, as a check would open it.
process.on('message', ({ to, text }: { to: { address: string; port: number }; text: string }) =>
  socket.send(text, to.port, to.address),
);
