/** An answer that is not what the API promises: a proxy's page, half an answer, broken JSON. */
export class UnreadableResponse extends Error {
  override readonly name = 'UnreadableResponse';
  /** The answer was damaged on its way, so that the same call may be answered well the next time. */
  readonly passing: boolean;

  constructor(message: string, options: { cause?: unknown; passing?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.passing = options.passing ?? false;
  }
}

/** An answer beyond its size limit. Asking for less may help. */
export class OversizedReply extends UnreadableResponse {
  constructor(limitBytes: number) {
    super(`it sent an answer larger than the driver accepts for this call (${sizeText(limitBytes)})`);
  }
}

function sizeText(bytes: number): string {
  const KiB = 1024;
  return bytes < KiB * KiB ? `${Math.round(bytes / KiB)} KiB` : `${Math.round((bytes / (KiB * KiB)) * 10) / 10} MiB`;
}
