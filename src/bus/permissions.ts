/** Tells once each subject that the server does not let the driver use; the client would keep it to itself. */
import { Events, type NatsConnection } from 'nats';
import { limited } from '../contract/log.ts';
import type { BusLogger } from './logger.ts';

/** Distinct subjects told per connection; reply subjects are all different and must not fill the log. */
const mostTold = 20;

export function watchPermissions(nc: NatsConnection, logger: BusLogger): void {
  const told = new Set<string>();
  const watch = async (): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type !== Events.Error) continue;
      const context = status.permissionContext;
      if (context === undefined) {
        limited(logger).warn('server error', { error: status.data }, 'The NATS server reported an error');
        continue;
      }
      if (context.subject.startsWith('$SRV.')) {
        if (told.has('$SRV')) continue;
        told.add('$SRV');
        const text = `The driver's user may not subscribe to "${context.subject}", so NATS service discovery does not find it`;
        limited(logger).info('permission for discovery', { subject: context.subject }, text);
        continue;
      }
      const key = `${context.operation} ${context.subject}`;
      if (told.has(key) || told.size >= mostTold) continue;
      told.add(key);
      limited(logger).error(
        'permission',
        { operation: context.operation, subject: context.subject },
        `The NATS server does not allow the driver's user ${context.operation === 'publish' ? 'to publish on' : 'a subscription to'} ` +
          `"${context.subject}". Give the user this permission.`,
      );
    }
  };
  watch().catch((error: unknown) => {
    logger.error({ err: error }, 'The watch for errors of the NATS server ended');
  });
}
