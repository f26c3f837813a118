/** Real NATS servers for tests, the demo and the bench. Knows no test runner. */
export { createAuthority, type Authority } from './certificates.ts';
export { createUserKey, type UserKey } from './keys.ts';
export { findNatsServer } from './binary.ts';
export { startProxy, type Proxy } from './proxy.ts';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './server.ts';
export type { NatsUser, Permissions } from './server-config.ts';
