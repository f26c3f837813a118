/** The audit trail: a record of each request, and of each start, stop and reload, on a topic and in a file. */
import type { BusConnection } from '../bus/connection/connection.ts';
import { telemetryPublisher } from '../bus/telemetry-publisher.ts';
import type { AuditedRequest, AuditedResult, AuditEvent, AuditRecord, AuditTrail } from '../contract/audit.ts';
import { limited, type Logger } from '../contract/log.ts';
import { AuditTopic } from './audit-topic.ts';
import { envelopeOf, type Identity } from './envelope.ts';
import { RollingFile, type RollingFileOptions } from './rolling-file.ts';

export interface AuditOptions {
  readonly topic?: string | undefined;
  readonly file?: Pick<RollingFileOptions, 'path' | 'maxBytes' | 'keep' | 'scanMs'> | undefined;
  /** Most items of a request that a record names. */
  readonly names: number;
  readonly identity: Identity;
  readonly bus: BusConnection;
  readonly logger: Logger;
}

/** Counts since the start. A record that is missing on the topic and in the file counts twice. */
export interface AuditNumbers {
  records: number;
  lost: number;
}

export class Audit implements AuditTrail {
  readonly names: number;
  readonly #identity: Identity;
  readonly #topic: AuditTopic | undefined;
  readonly #file: RollingFile | undefined;
  #seq = 0;

  constructor({ topic, file, names, identity, bus, logger }: AuditOptions) {
    this.names = names;
    this.#identity = identity;
    this.#topic =
      topic === undefined
        ? undefined
        : new AuditTopic(bus, telemetryPublisher(bus, topic), () => {
            const text = `Audit records are lost: the bus has not accepted them on ${topic} for too long. The metrics count them.`;
            limited(logger).error('audit topic', {}, text);
          });
    this.#file =
      file &&
      new RollingFile({
        ...file,
        onChange: ({ problem, lost }) => {
          reportFile(logger, problem, lost);
        },
      });
    // A crash must not lose the records before it.
    process.on('exit', this.#leave);
  }

  get numbers(): AuditNumbers {
    return { records: this.#seq, lost: (this.#topic?.lost ?? 0) + (this.#file?.lost ?? 0) };
  }

  /** Why records may be lost at present. */
  get problem(): string | undefined {
    return this.#file?.problem === undefined ? undefined : `The audit file ${this.#file.problem}`;
  }

  lease(request: AuditedRequest): void {
    this.#write('lease', { request });
  }

  request(request: AuditedRequest, result: AuditedResult): void {
    this.#write('request', { request, result });
  }

  process(event: 'start' | 'stop' | 'reload', detail: string): void {
    this.#write(event, { detail });
  }

  /** Publishes what waits for the bus, within the timeout. Call it before the bus is closed. */
  async leaveBus(timeoutMs: number): Promise<void> {
    await this.#topic?.close(timeoutMs);
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#file?.close(timeoutMs);
    process.off('exit', this.#leave);
  }

  readonly #leave = (): void => {
    this.#file?.flushSync();
  };

  #write(event: AuditEvent, facts: Pick<AuditRecord, 'detail' | 'request' | 'result'>): void {
    const record: AuditRecord = { kind: 'audit', ...envelopeOf(this.#identity), seq: ++this.#seq, event, ...facts };
    this.#file?.write(`${JSON.stringify(record)}\n`);
    this.#topic?.publish(record);
  }
}

function reportFile(logger: Logger, problem: string | undefined, lost: number): void {
  const log = limited(logger);
  if (problem !== undefined) {
    log.error('audit file', {}, `The audit file ${problem} Records wait in memory up to 1 MiB; further ones are lost.`);
  } else if (lost > 0) {
    log.error(
      'audit file',
      { lost },
      `${lost} records are missing in the audit file: it could not be written in time.`,
    );
  } else {
    log.notice('audit file', {}, 'The audit file is written again, and no record is missing.');
  }
}
