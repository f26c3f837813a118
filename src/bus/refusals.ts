/** Tells the subject of each message that the server did not take for want of the right; the client keeps it to itself. */
import { Events, type NatsConnection } from 'nats';

/** Ends with the connection. */
export function onRefusedPublish(nc: NatsConnection, listener: (subject: string) => void): void {
  const watch = async (): Promise<void> => {
    for await (const { type, permissionContext: context } of nc.status()) {
      if (type === Events.Error && context?.operation === 'publish') listener(context.subject);
    }
  };
  // Nothing but the end of the connection ends it.
  watch().catch(() => undefined);
}
