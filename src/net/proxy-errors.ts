/** A proxy did not connect to the server. The text is suitable for operators, and follows "cannot be reached:". */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** A retry may succeed. */
  readonly passing: boolean;

  constructor(message: string, options: { cause?: unknown; passing?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.passing = options.passing ?? false;
  }
}
