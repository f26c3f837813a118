/**
 * Asks whether anything greets at an address. The client leaks its socket when an attempt times out (a frozen server
 * takes connections but never greets), so after a timeout we knock ourselves, and dial only when somebody is at home.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServerAddress } from './address.ts';
import { tlsSettings, type BusTls } from './dial.ts';

/** Resolves when the server at the address has said something; rejects with the socket's error, or with ETIMEDOUT. */
export async function knock(server: ServerAddress, tls: BusTls, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const socket = open(server, tls);
  const timer = setTimeout(() => {
    reject(Object.assign(new Error('no greeting'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  socket.once('data', () => {
    resolve(undefined);
  });
  socket.once('error', reject);
  socket.once('close', () => {
    reject(Object.assign(new Error('closed without a greeting'), { code: 'ECONNRESET' }));
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function open(server: ServerAddress, tls: BusTls): Socket {
  const { host, port } = server;
  if (tls === 'insecure' || tls.first !== true) return connectTcp({ host, port });
  return connectTls({ ...tlsSettings(server, tls), host, port });
}
