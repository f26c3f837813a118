/**
 * A file to which lines are appended, with a limit for its size and for the number of full files beside it. Writing
 * never waits and never fails: lines wait in a limited buffer, and are dropped and counted if that is full.
 *
 * Packages for this (rotating-file-stream, pino-roll) number the files in a chain, in which two processes with the same
 * file overwrite each other's, go on writing to a removed file, and one of them buffers without a limit. Here a full
 * file gets a name of its own, so that no process can overwrite it.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, opendir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { withTimeout } from '../lib/timeout.ts';
import { fileProblem, NotRegular, OPEN_FLAGS, OPEN_MODE } from './file-problem.ts';
import { LineBuffer } from './line-buffer.ts';

export interface RollingFileOptions {
  readonly path: string;
  /** Size at which a file is full. 0: no limit. */
  readonly maxBytes: number;
  /** Full files that are kept. */
  readonly keep: number;
  /** How often the file is checked without a line. 0: never. */
  readonly scanMs: number;
  /** Limit of waiting bytes. Default 1 MiB. */
  readonly waitingBytes?: number;
  /**
   * Called when the file cannot be written, with the reason, and when it can be written again, with the number of lines
   * lost since the last call.
   */
  readonly onChange: (change: FileChange) => void;
  /** Writes to an open file. A test replaces it by a full disk. */
  readonly write?: (file: FileHandle, bytes: Uint8Array) => Promise<{ bytesWritten: number }>;
}

export interface FileChange {
  /** Undefined if the file can be written. */
  readonly problem: string | undefined;
  readonly lost: number;
}

/** Largest single write. The system appends it as a whole, also if two processes write to the file. */
const WRITE_BYTES = 64 * 1024;
/** Delay before a file that could not be written is tried again because of a waiting line. */
const RETRY_MS = 1000;
/** The same at the end of the process. */
const RETRY_SOON_MS = 50;
const DAY_MS = 86_400_000;

export class RollingFile {
  readonly #options: RollingFileOptions;
  readonly #lines: LineBuffer;
  readonly #scan: NodeJS.Timeout | undefined;
  #file: OpenFile | undefined;
  /** What is being written: whole lines, of which a part is already in the file. */
  #batch: Buffer | undefined;
  #written = 0;
  #working: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  /** Time in the name of the newest full file. It grows also if the clock is set back. */
  #rolledMs = 0;
  #closed = false;

  constructor(options: RollingFileOptions) {
    const { scanMs, waitingBytes } = options;
    this.#options = options;
    this.#lines = new LineBuffer(waitingBytes);
    if (scanMs > 0) this.#scan = setInterval(this.#begin, Math.min(scanMs, DAY_MS)).unref();
    // Reports at the start that the file cannot be written, and removes files beyond the limit.
    this.#begin();
  }

  /** Lines that are not in the file, since the start. */
  get lost(): number {
    return this.#lines.dropped;
  }

  /** Why the file cannot be written at present. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Appends a complete line, soon. Never throws, never waits. */
  write(line: string): void {
    this.#lines.add(line);
    if (this.#retry === undefined) this.#begin();
  }

  /** Waits until all is written, within the timeout. */
  async flush(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (let left = timeoutMs; this.#waits && left > 0; left = end - performance.now()) {
      this.#begin();
      await withTimeout(left, this.#working ?? Promise.resolve());
      if (this.#problem !== undefined) await new Promise((resolve) => setTimeout(resolve, RETRY_SOON_MS));
    }
  }

  /** The same at the end of the process, when asynchronous code no longer runs. A write in progress ends by itself. */
  flushSync(): void {
    const text = this.#lines.takeAll();
    const rest = this.#working === undefined ? (this.#batch?.subarray(this.#written) ?? '') : '';
    if ((text === '' && rest.length === 0) || this.#problem !== undefined) return;
    try {
      const fd = this.#file?.handle.fd ?? openSync(this.#options.path, OPEN_FLAGS, OPEN_MODE);
      const bytes = Buffer.concat([Buffer.from(rest), Buffer.from(text)]);
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
      if (this.#file === undefined) closeSync(fd);
    } catch {
      // The lines are lost with the process.
    }
  }

  /** Writes what waits, within the timeout, and closes the file. Later lines are dropped. */
  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs);
    this.#closed = true;
    clearInterval(this.#scan);
    clearTimeout(this.#retry);
    // A disk that hangs must not prevent the end.
    if (this.#waits) return;
    await this.#working;
    await this.#leave();
  }

  get #waits(): boolean {
    return this.#batch !== undefined || !this.#lines.isEmpty;
  }

  readonly #begin = (): void => {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#waits && this.#retry === undefined) this.#begin();
    });
  };

  /** Writes until nothing waits or the file cannot be written. Never rejects. */
  async #work(): Promise<void> {
    try {
      do {
        await this.#ready();
        await this.#writeBatch();
      } while (this.#waits);
      this.#report(undefined);
    } catch (error) {
      await this.#leave();
      this.#report(fileProblem(this.#options.path, error));
      if (this.#closed) return;
      this.#retry = setTimeout(this.#begin, RETRY_MS).unref();
    }
  }

  /** Opens the file if it is not open, or if another one is at its path. Begins a new one if it is full. */
  async #ready(): Promise<void> {
    const { path, maxBytes, keep } = this.#options;
    this.#batch ??= this.#lines.take(WRITE_BYTES);
    if (this.#file !== undefined && !(await this.#file.isAt(path))) await this.#leave();
    if (this.#file === undefined) {
      this.#file = await openFile(path);
      await removeOld(path, keep);
    }
    const bytes = this.#batch?.length ?? 0;
    const { size } = this.#file;
    if (maxBytes === 0 || bytes === 0 || size === 0 || size + bytes <= maxBytes) return;
    // Another process may have done this in the same moment.
    this.#rolledMs = Math.max(Date.now(), this.#rolledMs + 1);
    await rename(path, await rolledPath(path, this.#rolledMs)).catch(ignoreMissing);
    await this.#leave();
    this.#file = await openFile(path);
    await removeOld(path, keep);
  }

  async #writeBatch(): Promise<void> {
    const { write = writeBytes } = this.#options;
    const [batch, file] = [this.#batch, this.#file];
    if (batch === undefined || file === undefined) return;
    while (this.#written < batch.length) {
      this.#written += (await write(file.handle, batch.subarray(this.#written))).bytesWritten;
    }
    this.#batch = undefined;
    this.#written = 0;
  }

  /** Closes the file. A line of which only a part is in it is written again as a whole. */
  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (this.#batch !== undefined && this.#written > 0) {
      this.#batch = this.#batch.subarray(this.#batch.lastIndexOf(10, this.#written - 1) + 1);
      this.#written = 0;
    }
    await file?.handle.close().catch(() => undefined);
  }

  #report(problem: string | undefined): void {
    const isNew = problem !== this.#problem;
    this.#problem = problem;
    const lost = problem === undefined ? this.#lines.takeDropped() : 0;
    if (isNew || lost > 0) this.#options.onChange({ problem, lost });
  }
}

const writeBytes = (file: FileHandle, bytes: Uint8Array): Promise<{ bytesWritten: number }> => file.write(bytes);

/** An open file, and its size when it was last checked. */
class OpenFile {
  readonly handle: FileHandle;
  readonly #id: FileId;
  size: number;

  constructor(handle: FileHandle, { dev, ino, size }: FileId & { size: bigint }) {
    this.handle = handle;
    this.#id = { dev, ino };
    this.size = Number(size);
  }

  /** Whether it is still the file at this path. Reads its size, which another process may have changed. */
  async isAt(path: string): Promise<boolean> {
    try {
      const { dev, ino, size } = await stat(path, { bigint: true });
      this.size = Number(size);
      return dev === this.#id.dev && ino === this.#id.ino;
    } catch {
      return false;
    }
  }
}

interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Opens the file at its end, and creates it and its folder if necessary. */
async function openFile(path: string): Promise<OpenFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const handle = await open(path, OPEN_FLAGS, OPEN_MODE);
  try {
    const found = await handle.stat({ bigint: true });
    if (!found.isFile()) throw new NotRegular();
    const size = Number(found.size);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    // A process that was killed may have left a part of a line.
    if (bytesRead === 1 && buffer[0] !== 10) await handle.write('\n');
    return new OpenFile(handle, found);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** `driver.log` becomes `driver.20261128T121314123Z-4f1a.log`: sorted by time, and the same for no two processes. */
async function rolledPath(path: string, timeMs: number): Promise<string> {
  const { dir, name, ext } = parse(path);
  for (;;) {
    const time = new Date(timeMs).toISOString().replaceAll(/[-:.]/g, '');
    const rolled = join(dir, `${name}.${time}-${randomBytes(2).toString('hex')}${ext}`);
    if ((await stat(rolled).catch(() => undefined)) === undefined) return rolled;
  }
}

const ROLLED = /^\d{8}T\d{9}Z-[0-9a-f]{4}$/;

/** Removes the oldest full files. Another process may remove them too. */
async function removeOld(path: string, keep: number): Promise<void> {
  const { dir, name, ext } = parse(path);
  const rolled: string[] = [];
  for await (const entry of await opendir(dir)) {
    const { name: found } = entry;
    if (!entry.isFile() || !found.startsWith(`${name}.`) || !found.endsWith(ext)) continue;
    if (ROLLED.test(found.slice(name.length + 1, found.length - ext.length))) rolled.push(found);
  }
  const old = rolled.sort().slice(0, Math.max(0, rolled.length - keep));
  for (const one of old) await unlink(join(dir, one)).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
