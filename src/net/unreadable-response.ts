/** An answer that does not match the API: a proxy's page, an incomplete answer, invalid JSON. */
export class UnreadableResponse extends Error {
  override readonly name = 'UnreadableResponse';
  /** The answer was damaged in transit, so the same call may succeed the next time. */
  readonly passing: boolean;

  constructor(message: string, options: { cause?: unknown; passing?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.passing = options.passing ?? false;
  }
}

/** An answer beyond its size limit. A smaller request may succeed. */
export class OversizedReply extends UnreadableResponse {
  constructor(limitBytes: number) {
    super(`it sent an answer larger than the driver accepts for this call (${sizeText(limitBytes)})`);
  }
}

function sizeText(bytes: number): string {
  const KiB = 1024;
  return bytes < KiB * KiB ? `${Math.round(bytes / KiB)} KiB` : `${Math.round((bytes / (KiB * KiB)) * 10) / 10} MiB`;
}
