/** `cancel`: stops requests and leases, here or on another replica. */
import { cancel as declaration } from '../../contract/functions/general.ts';
import { type Handler, handler } from '../handler.ts';

export const cancel: Handler = {
  ...handler(declaration, async ({ request }, context) => {
    const id = String(request);
    await context.emit({ request: id, cancelled: await context.cancel(id) });
  }),
  needsNoServer: true,
};
