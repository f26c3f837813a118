/** A proxy gives no connection to the server. The text is fit for people, and reads after "cannot be reached:". */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** Another try may help. */
  readonly passing: boolean;

  constructor(message: string, options: { cause?: unknown; passing?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.passing = options.passing ?? false;
  }
}
