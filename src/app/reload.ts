/** SIGHUP: reads secrets, certificates and the key again. It never ends the process. */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { AuditTrail } from '../contract/audit.ts';
import type { Logger } from '../contract/log.ts';
import { ConfigError } from '../config/problems.ts';
import { loadConfig, type Config } from './configuration.ts';

export interface ReloadOptions {
  /** The configuration file. It is read again to report problems and changes. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly bus: BusConnection;
  readonly log: Logger;
  readonly audit?: AuditTrail | undefined;
}

/** Signals during the start or stop are ignored: the start reads current files. */
export class Hangups {
  #reload: (() => Promise<void>) | undefined;
  #busy = false;
  #again = false;

  constructor() {
    process.on('SIGHUP', this.#onSignal);
  }

  /** From now on each signal reloads. Several signals during a reload cause one more. */
  serve(options: ReloadOptions): void {
    this.#reload = () => reload(options);
  }

  /** Ignores signals until the process ends. */
  ignore(): void {
    this.#reload = undefined;
  }

  /** Removes the signal handler, for a process that continues, as in a test. */
  stop(): void {
    process.off('SIGHUP', this.#onSignal);
  }

  readonly #onSignal = (): void => {
    this.#again = true;
    if (!this.#busy) void this.#work();
  };

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      await this.#reload?.();
    }
    this.#busy = false;
  }
}

/** Never rejects. A problem is logged as a warning, and the current values stay in use. */
async function reload({ path, env, config, bus, log, audit }: ReloadOptions): Promise<void> {
  try {
    const loaded = await loadConfig({ path, env });
    // Secrets are equal in JSON, whatever their content.
    if (JSON.stringify(loaded.config) !== JSON.stringify(config)) {
      log.warn(
        {},
        'Settings of the configuration file have changed. They are used after a restart; SIGHUP reads only secrets, certificates and the key.',
      );
    }
    const result = await bus.reload();
    audit?.process('reload', result === 'failed' ? 'failed: the bus' : 'secrets, certificates and the key');
    if (result !== 'failed') log.notice({ bus: result }, 'secrets, certificates and the key were read again');
  } catch (error) {
    audit?.process('reload', error instanceof ConfigError ? 'failed: the configuration is not valid' : 'failed');
    if (error instanceof ConfigError) {
      log.warn(
        {},
        `Nothing is reloaded, and the driver continues as before. Correct this, and send SIGHUP again: ${error.message}`,
      );
    } else {
      log.error({ err: error }, 'The reload failed');
    }
  }
}
