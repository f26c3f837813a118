/** The command line contains an invalid combination or value. The text says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
