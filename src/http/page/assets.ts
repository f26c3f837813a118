/** The files that the page needs: read once, compressed once, and served with their digest as a tag. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Route } from '../route.ts';

const OWN = new URL('assets/', import.meta.url);

const TYPES = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const OWN_FILES = ['page.js', 'live.js', 'morph.js', 'charts.js', 'tags.js', 'page.css', 'icon.svg'] as const;

/** Files of uPlot by their name here. The module is not minified, the classic script is. */
const UPLOT_FILES = { 'uplot.js': 'uPlot.iife.min.js', 'uplot.css': 'uPlot.min.css' } as const;

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly tag: string;
}

/** All files of the page. */
export class Assets {
  readonly #assets: readonly Asset[];
  /** Changes when a file changes. An open page of another build loads itself again. */
  readonly build: string;

  constructor() {
    const folder = dirname(createRequire(import.meta.url).resolve('uplot'));
    this.#assets = [
      ...OWN_FILES.map((file) => asset(file, readFileSync(new URL(file, OWN)))),
      ...Object.entries(UPLOT_FILES).map(([file, name]) => asset(file, readFileSync(join(folder, name)))),
    ];
    this.build = hash('sha256', this.#assets.map(({ tag }) => tag).join(), 'base64url').slice(0, 12);
  }

  /** Bytes of all files, and of their compressed form. */
  get size(): { bytes: number; compressed: number } {
    const sum = (bytes: (asset: Asset) => number): number => this.#assets.reduce((all, one) => all + bytes(one), 0);
    return { bytes: sum(({ plain }) => plain.length), compressed: sum(({ gzip }) => gzip.length) };
  }

  /** They show nothing of the driver, and the log-in form needs them. */
  routes(): Route[] {
    return this.#assets.map((one) => ({
      path: one.path,
      access: 'public',
      handle: (request, response) => {
        serve(one, request, response);
      },
    }));
  }
}

function asset(file: string, plain: Buffer): Asset {
  const type = TYPES[file.slice(file.lastIndexOf('.') + 1) as keyof typeof TYPES];
  const tag = `"${hash('sha256', plain, 'base64url').slice(0, 16)}"`;
  return { path: `/assets/${file}`, type, plain, gzip: gzipSync(plain, { level: 9 }), tag };
}

function serve({ type, plain, gzip, tag }: Asset, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('ETag', tag);
  response.setHeader('Vary', 'Accept-Encoding');
  if (request.headers['if-none-match'] === tag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('Content-Type', type);
  send(response, acceptsGzip(request) ? { body: gzip, isGzip: true } : { body: plain, isGzip: false });
}

const acceptsGzip = ({ headers }: IncomingMessage): boolean =>
  /(?:^|,)\s*gzip\s*(?:,|$)/.test(headers['accept-encoding'] ?? '');

function send(response: ServerResponse, { body, isGzip }: { body: Buffer; isGzip: boolean }): void {
  if (isGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** Sends a whole document, compressed if the client accepts it. */
export function sendPage(request: IncomingMessage, response: ServerResponse, document: string): void {
  const isGzip = acceptsGzip(request);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Vary', 'Accept-Encoding');
  send(response, { body: isGzip ? gzipSync(document) : Buffer.from(document), isGzip });
}
