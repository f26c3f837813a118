/** `cancel`: stops requests and leases, here or on another replica. */
import { cancel as declaration } from '../../contract/functions/general.ts';
import { handler } from '../handler.ts';

export const cancel = handler(declaration, async ({ request }, context) => {
  await context.emit({ request, cancelled: await context.cancel(request) });
});
