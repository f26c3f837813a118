/**
 * Actions that the server denies the driver. The server reports them on the connection only, and the client does not
 * log them.
 */
import { Events, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';

/** Most distinct subjects logged per connection. Reply subjects all differ and must not fill the log. */
const maxReported = 20;

/** An action, as the server names it in its error. */
interface RefusedAction {
  readonly operation: string;
  readonly subject: string;
}

/** Cause and remedy of a refused action. */
export const permissionText = ({ operation, subject }: RefusedAction): string =>
  `The NATS server does not allow the driver's user ${operation === 'publish' ? 'to publish on' : 'a subscription to'} ` +
  `"${subject}". Give the user this permission.`;

/** The same for a subject of service discovery, which the driver works without. */
export const discoveryText = (subject: string): string =>
  `The driver's user may not subscribe to "${subject}", so NATS service discovery does not find it`;

/** Whether a subject is one of service discovery. */
export const isDiscovery = (subject: string): boolean => subject.startsWith('$SRV.');

/** Logs each subject once. */
export function watchPermissions(nc: NatsConnection, logger: Logger): void {
  const reported = new Set<string>();
  const watch = async (): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type !== Events.Error) continue;
      const context = status.permissionContext;
      if (context === undefined) {
        limited(logger).warn('server error', { error: status.data }, 'The NATS server reported an error');
        continue;
      }
      if (isDiscovery(context.subject)) {
        if (reported.has('$SRV')) continue;
        reported.add('$SRV');
        limited(logger).info('permission for discovery', { subject: context.subject }, discoveryText(context.subject));
        continue;
      }
      const key = `${context.operation} ${context.subject}`;
      if (reported.has(key) || reported.size >= maxReported) continue;
      reported.add(key);
      limited(logger).error(
        'permission',
        { operation: context.operation, subject: context.subject },
        permissionText(context),
      );
    }
  };
  watch().catch((error: unknown) => {
    logger.error({ err: error }, 'The watch for errors of the NATS server ended');
  });
}

/**
 * Calls the listener with the subject of each message that the server rejected for lack of permission. Ends with the
 * connection.
 */
export function onRefusedPublish(nc: NatsConnection, listener: (subject: string) => void): void {
  onRefused(nc, 'publish', listener);
}

/** The same with the subject of each subscription that the server refused, or removed when the right was taken away. */
export function onRefusedSubscription(nc: NatsConnection, listener: (subject: string) => void): void {
  onRefused(nc, 'subscription', listener);
}

function onRefused(nc: NatsConnection, operation: string, listener: (subject: string) => void): void {
  const watch = async (): Promise<void> => {
    for await (const { type, permissionContext: context } of nc.status()) {
      if (type === Events.Error && context?.operation === operation) listener(context.subject);
    }
  };
  // Only the end of the connection ends the loop.
  watch().catch(() => undefined);
}
