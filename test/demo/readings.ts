/** What the driver puts on the bus from devices, as anybody there can hear it. */
import type { NatsConnection } from 'nats';
import { unescapeToken } from '../../src/contract/reading-subject.ts';
import type { DeadLetter, Reading } from '../../src/contract/reading.ts';

export interface Heard<T> {
  readonly subject: string;
  /** `Nats-Msg-Id`. */
  readonly id: string;
  readonly body: T;
}

/** Longest wait for something that should come. */
const PATIENCE_MS = 15_000;

export class Readings {
  readonly #readings: Heard<Reading>[] = [];
  readonly #letters: Heard<DeadLetter>[] = [];
  readonly #waiting = new Set<() => void>();

  /** Listens from now on. */
  static async listen(connection: NatsConnection): Promise<Readings> {
    const readings = new Readings();
    readings.#subscribe(connection, 'iota.readings.>', readings.#readings);
    readings.#subscribe(connection, 'iota.deadletters.>', readings.#letters);
    await connection.flush();
    return readings;
  }

  /** A mark: what is heard from now on comes after it. */
  get mark(): { readings: number; letters: number } {
    return { readings: this.#readings.length, letters: this.#letters.length };
  }

  /** Resolves with so many readings after a mark that fit; fails when they do not come. */
  after(mark: { readings: number }, number: number, fits: (reading: Reading) => boolean): Promise<Heard<Reading>[]> {
    const found = () => this.#readings.slice(mark.readings).filter(({ body }) => fits(body));
    return this.#until(found, number, 'readings');
  }

  /** The same for dead letters. */
  lettersAfter(mark: { letters: number }, number: number): Promise<Heard<DeadLetter>[]> {
    return this.#until(() => this.#letters.slice(mark.letters), number, 'dead letters');
  }

  #subscribe<T>(connection: NatsConnection, subject: string, list: Heard<T>[]): void {
    connection.subscribe(subject, {
      callback: (_error, message) => {
        list.push({
          subject: message.subject,
          id: message.headers?.get('Nats-Msg-Id') ?? '',
          body: message.json<T>(),
        });
        for (const look of this.#waiting) look();
      },
    });
  }

  #until<T>(find: () => T[], number: number, what: string): Promise<T[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (find().length < number) return;
        done();
        resolve(find());
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`Only ${find().length} of ${number} ${what} came.`));
      }, PATIENCE_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** A subject as people read it: the tokens of the name, unescaped. */
export const nameOfSubject = (subject: string): string => subject.split('.').slice(4).map(unescapeToken).join(' / ');
