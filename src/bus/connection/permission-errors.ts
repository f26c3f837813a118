/** What the server does not let the driver do. It reports so on the connection alone; the client keeps it to itself. */
import { Events, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';

/** Distinct subjects told per connection; reply subjects are all different and must not fill the log. */
const mostTold = 20;

/** Logs each subject once. */
export function watchPermissions(nc: NatsConnection, logger: Logger): void {
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

/** Calls the listener with the subject of each message that the server did not take for want of the right; ends with the connection. */
export function onRefusedPublish(nc: NatsConnection, listener: (subject: string) => void): void {
  const watch = async (): Promise<void> => {
    for await (const { type, permissionContext: context } of nc.status()) {
      if (type === Events.Error && context?.operation === 'publish') listener(context.subject);
    }
  };
  // Nothing but the end of the connection ends it.
  watch().catch(() => undefined);
}
