/** `cancel`: stops requests and leases, here or on another replica. */
import { cancel as declaration } from '../../contract/functions/general.ts';
import { type Handler, handler } from '../handler.ts';

export const cancel: Handler = {
  ...handler(declaration, async ({ request }, context) => {
    await context.emit({ request, cancelled: await context.cancel(request) });
  }),
  needsNoServer: true,
};
