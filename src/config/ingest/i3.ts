/** `settings.ingest.i3[]`: products of an I3 data marketplace, as a buyer or as the seller's own device. */
import { z } from 'zod';
import { silence } from '../fields.ts';
import { i3AccountKeys, productProblem } from './i3-account.ts';
import { checkMapping } from './mapping-checks.ts';
import { mappingKeys } from './mapping.ts';
import { filterProblem } from '../../mqtt/topic-filter.ts';

const HOUR_MS = 3_600_000;

/** One product, or several with wildcards. */
const productSchema = z
  .strictObject({
    topic: z
      .string()
      .superRefine((text, context) => {
        const problem = productProblem(text) ?? filterProblem(text);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      })
      .describe('Full topic of the product, `user/hub/product`.'),
    qos: z
      .literal([0, 1])
      .default(1)
      .describe('Quality of service. With 0 the broker sends a message once, and it MAY BE LOST.'),
    silentAfterMs: silence()
      .default(HOUR_MS)
      .describe(
        'Time without a message after which the product is reported silent, in milliseconds. A marketplace does not report a denial: this is the only sign that a purchase is missing, was revoked or is used up.',
      ),
    ...mappingKeys,
  })
  .superRefine((product, context) => {
    checkMapping({ ...product, filter: product.topic }, context);
  });
export type ProductFile = z.output<typeof productSchema>;

export const i3Schema = z
  .strictObject({
    ...i3AccountKeys,
    products: z.array(productSchema).min(1).max(10_000).describe('The products to subscribe to, at least one.'),
    allowWildcards: z
      .boolean()
      .default(false)
      .describe(
        'Whether topics of products may contain + and #. The marketplace advises against it, and with a wildcard the driver cannot detect that a single product is silent.',
      ),
  })
  .superRefine(({ products, allowWildcards }, context) => {
    const first = new Map<string, number>();
    for (const [at, { topic }] of products.entries()) {
      const path = ['products', at, 'topic'];
      if (!allowWildcards && /[+#]/.test(topic) && productProblem(topic) === undefined) {
        const message = 'must hold no wildcard (+ or #); name each product, or set allowWildcards';
        context.addIssue({ code: 'custom', path, message });
      }
      const other = first.get(topic);
      if (other === undefined) first.set(topic, at);
      else context.addIssue({ code: 'custom', path, message: `stands in products[${other}] already` });
    }
  });

export type I3File = z.output<typeof i3Schema>;
