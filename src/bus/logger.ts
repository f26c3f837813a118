/** What the bus needs of a logger. */
export type { Logger as BusLogger } from '../contract/log.ts';
