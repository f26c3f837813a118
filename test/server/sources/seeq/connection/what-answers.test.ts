/** A wrong address of a server: what is found there is said, and what the address should be. */
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../../../support/nats/index.ts';
import { raw } from '../misbehaving-server.ts';
import { freeCall, idOf, openSource, rejection } from '../support.ts';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const messageOf = async (url: string): Promise<string> => {
  const status = await openSource(url, { tls: { insecureSkipVerify: true } }).probe(freeCall());
  expect(status.state).toBe('down');
  return status.message ?? '';
};

it('http where TLS is expected names the https address', async () => {
  const { certPem, keyPem } = await (await createAuthority()).issue();
  const server = createTlsServer({ cert: certPem, key: keyPem }, (_request, response) => response.end());
  const port = await listening(server);
  expect(await messageOf(`http://127.0.0.1:${port}`)).toMatch(
    new RegExp(
      `is not found at http://127\\.0\\.0\\.1:${port}: the server there expects TLS\\. Write "https://127\\.0\\.0\\.1:${port}"`,
    ),
  );
});

it('http to a proxy that answers so for TLS names the https address', async () => {
  // As nginx does: it reads the request, and refuses it.
  const { certPem, keyPem } = await (await createAuthority()).issue();
  const inner = await listening(createTlsServer({ cert: certPem, key: keyPem }));
  const port = await listening(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        if (first[0] === 0x16) {
          const tls = connect(inner, '127.0.0.1');
          tls.on('error', () => undefined);
          tls.write(first);
          socket.pipe(tls).pipe(socket);
        } else {
          socket.end('HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\noops');
        }
      });
    }),
  );
  expect(await messageOf(`http://127.0.0.1:${port}`)).toContain(`Write "https://127.0.0.1:${port}"`);
});

it('https where there is no TLS names the http address', async () => {
  const url = await raw((_request, response) => response.end('hello'));
  expect(await messageOf(url.replace('http:', 'https:'))).toContain(
    `the server there answers without TLS. Write "${url}" as its "url", or set up TLS.`,
  );
});

it.each([
  [404, 'text/html', 'another web server answers there (status 404)'],
  [405, 'application/json', 'another web server answers there (status 405)'],
  [200, 'text/html', 'another web server answers there: it answered with "text/html" instead of JSON'],
])('a web server that answers %i with %s is not taken for Seeq', async (status, type, text) => {
  const url = await raw((_request, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end('<html>Welcome</html>');
  });
  const message = await messageOf(url);
  expect(message).toContain(text);
  expect(message).toContain('must be the address of Seeq as in a browser, such as "https://seeq.example.com"');
});

it('a log-in that is not known there says the same to a request', async () => {
  const url = await raw((_request, response) => {
    response.writeHead(404, { 'content-type': 'text/html' });
    response.end('<html>Not found</html>');
  });
  const error = await rejection(openSource(url).properties(idOf('Example'), freeCall()));
  expect(error).toMatchObject({ code: 'sourceError' });
  expect(error.message).toContain('answers 404 to a log-in, so it is not Seeq. Correct its "url"');
});

it('a server that is not there keeps its own message', async () => {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await messageOf(`http://127.0.0.1:${port}`)).toContain('nothing listens at its address');
});
