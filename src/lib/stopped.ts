/** The driver stopped before the message was on the bus: it must not be acknowledged to its sender. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor() {
    super('The driver stops; what is not on the bus stays with its sender.');
  }
}
