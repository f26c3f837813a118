/** `settings.ingest.i3[]`: products of an I3 data marketplace, as a buyer or as the seller's own device. */
import { z } from 'zod';
import { HOUR_MS, silence } from '../../../config/fields.ts';
import type { Resolved } from '../../../config/references.ts';
import { listRule, rule } from '../../../config/rules.ts';
import { reportRepeated } from '../../../config/uniqueness.ts';
import { connectionRule, reportUnreachable } from '../../../mqtt/config.ts';
import { filterProblem } from '../../../mqtt/topic-filter.ts';
import { checkMapping } from '../../mapping/config-rules.ts';
import { mappingKeys } from '../../mapping/config.ts';
import { accountRule, i3AccountKeys, productProblem, warnOfOtherHub } from './account-config.ts';

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

type Product = z.output<typeof productSchema>;

const productList = () =>
  z
    .array(productSchema)
    .min(1)
    .max(10_000)
    .check(
      listRule<Product>((products, report) => {
        const valid = products.flatMap((product, at) => {
          if (!report.isValid(at)) return [];
          const { topic, pattern } = product;
          return [{ key: topic, path: [at, 'topic'], filter: topic, pattern, at }];
        });
        reportRepeated(valid, report, ({ at }) => `is the same as that of ${report.at(at)}`);
        const first = new Map(valid.toReversed().map((product) => [product.key, product.at]));
        const different = valid.filter(({ key, at }) => first.get(key) === at);
        reportUnreachable(different, 'topic', report);
      }),
    );

export const i3Schema = z
  .strictObject({
    ...i3AccountKeys,
    products: productList().describe('The products to subscribe to, at least one.'),
    allowWildcards: z
      .boolean()
      .default(false)
      .describe(
        'Whether topics of products may contain + and #. The marketplace advises against it, and with a wildcard the driver cannot detect that a single product is silent.',
      ),
  })
  .check(
    connectionRule(),
    accountRule(),
    rule(['products', 'allowWildcards'], ({ products, allowWildcards }, report) => {
      if (allowWildcards) {
        const message =
          'is on: the marketplace advises against wildcards, and a single silent product behind one is not detected';
        report.warning(['allowWildcards'], message);
        return;
      }
      for (const [at, { topic }] of products.entries()) {
        if (!/[+#]/.test(topic)) continue;
        const message = 'must hold no wildcard (+ or #); name each product, or set allowWildcards';
        report.problem(['products', at, 'topic'], message);
      }
    }),
    rule([], ({ user, clientId, products }, report) => {
      if (!report.isValid('user')) return;
      if (report.isValid('clientId') && !user.includes('$') && clientId !== undefined && clientId !== user) {
        const message = 'differs from user: the marketplace counts what a buyer received by the client id';
        report.warning(['clientId'], message);
      }
      if (!report.isValid('products')) return;
      for (const [at, { topic }] of products.entries()) {
        warnOfOtherHub(user, topic, ['products', at, 'topic'], report);
      }
    }),
  );

/** A configured connection. Its secrets and certificates are read again for every use. */
export type I3Config = Resolved<z.output<typeof i3Schema>>;
