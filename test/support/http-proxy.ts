/** A real HTTP proxy: it makes tunnels (CONNECT), every one of them to one address of this machine. */
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HttpProxy {
  readonly url: string;
  /** What was asked for, oldest first: `seeq.example:443`. */
  readonly asked: string[];
  /** `Proxy-Authorization` of each. */
  readonly logins: (string | undefined)[];
}

/**
 * @param leadsTo the port behind every tunnel
 * @param refuse a status to answer instead of making the tunnel
 */
export async function startHttpProxy(
  leadsTo: number,
  refuse: (request: IncomingMessage) => number | undefined = () => undefined,
): Promise<HttpProxy> {
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer();
  server.on('connection', keep);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    logins.push(request.headers['proxy-authorization']);
    const status = refuse(request);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = keep(connect(leadsTo, '127.0.0.1'));
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, logins };
}
