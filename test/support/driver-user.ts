/** The driver's user at a nats-server under test: with the rights that the product itself says it needs, and no others. */
import { driverRights, type Right } from '../../src/bus/rights.ts';
import { busUseOf } from '../../src/app/bus-use.ts';
import { configSchema } from '../../src/app/configuration.ts';
import { validate } from '../../src/config/rules.ts';
import type { NatsUser, Permissions } from './nats/index.ts';

/** Below these the tests take answers. */
const INBOXES = ['_INBOX', 'answers'];

/**
 * @param config contents of a configuration file; its servers do not matter here
 * @param inboxes below which callers take answers
 */
export function driverUser(
  config: { publickey: string; reqtopic: string; settings?: object },
  inboxes = INBOXES,
): NatsUser {
  return { publicKey: config.publickey, permissions: permissionsOf(rightsOf(config, inboxes)) };
}

/** The rights of a driver with this configuration. */
export function rightsOf(
  config: { publickey: string; reqtopic: string; settings?: object },
  inboxes = INBOXES,
): Right[] {
  const { audit, ingest } = (config.settings ?? {}) as { audit?: unknown; ingest?: unknown };
  const { value: file } = validate(configSchema, {
    natsurl: 'localhost',
    ...config,
    settings: { ...(audit === undefined ? {} : { audit }), ...(ingest === undefined ? {} : { ingest }) },
  });
  return driverRights(busUseOf({ ...file, audit: file.settings.audit, ingest: file.settings.ingest }), inboxes);
}

/** Rights as a user of the server has them. */
export function permissionsOf(rights: readonly Right[]): Permissions {
  const allow = (operation: Right['operation']): string[] =>
    rights.filter((right) => right.operation === operation).map(({ subject }) => subject);
  return { publish: { allow: allow('publish') }, subscribe: { allow: allow('subscribe') } };
}
