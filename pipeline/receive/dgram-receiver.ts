import { createSocket } from 'node:dgram';
import { readKernelDrops } from './kernel-drops.js';
import { PacketPump } from './packet-pump.js';
import { placementIgnored } from './receive-thread.js';
import { type Receiver, type ReceiverOptions, socketFailure } from './receiver.js';
import { socketBufferWarning } from './socket-buffer.js';

const DROPS_EVERY_MS = 1000;

/** Receives by node:dgram: any platform, no privilege, no addon; good for about 3 Gb/s of jumbo packets. */
export async function openDgramReceiver(options: ReceiverOptions, onReady: () => void): Promise<Receiver> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(socketFailure(error, options));
    });
    socket.bind({ address: options.bindAddress, port: options.port ?? 0, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  socket.setRecvBufferSize(Math.min(options.socketBufferBytes, 2 ** 30));
  // Linux doubles what it is asked for, and reads the double back.
  const got = socket.getRecvBufferSize();
  const socketBufferBytes = process.platform === 'linux' ? got / 2 : got;

  const { deviceAddress, gvcpPort } = options;
  const asks = deviceAddress !== '' && gvcpPort > 0;
  const send = (message: Uint8Array) => socket.send(message, gvcpPort, deviceAddress, () => {});
  const pump = new PacketPump(options, asks ? send : null, onReady);
  // A refused resend request comes back as an error of the socket; the stream itself goes on.
  socket.on('error', () => {});
  socket.on('message', (packet, { address }) => {
    if (deviceAddress === '' || address === deviceAddress) pump.push(packet);
  });
  const { port } = socket.address();
  const updateDrops = async () => pump.setKernelDrops(await readKernelDrops('udp', port));
  const dropsTimer = setInterval(updateDrops, DROPS_EVERY_MS);

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(dropsTimer);
    await updateDrops();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    pump.stop();
  };
  return {
    kind: 'dgram',
    port,
    warnings: [
      ...socketBufferWarning(options.socketBufferBytes, socketBufferBytes),
      ...placementIgnored(options, 'dgram'),
    ],
    socketBufferBytes,
    method: 'dgram',
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
