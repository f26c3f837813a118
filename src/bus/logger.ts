/** What the bus needs of a logger; pino's shape, so that any such logger fits. */
export interface BusLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
