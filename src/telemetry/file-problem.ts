/** How the driver opens a file for its lines, and why it cannot be written, in words. */
import { constants } from 'node:fs';

/**
 * A link at the path itself is refused: in a folder that others may write it could lead anywhere. A pipe without a
 * reader must not block. Windows has neither flag.
 */
export const OPEN_FLAGS =
  constants.O_RDWR |
  constants.O_APPEND |
  constants.O_CREAT |
  ((constants.O_NOFOLLOW as number | undefined) ?? 0) |
  ((constants.O_NONBLOCK as number | undefined) ?? 0);
export const OPEN_MODE = 0o640;

/** The path is not a regular file. */
export class NotRegular extends Error {
  override readonly name = 'NotRegular';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full. Make room',
  EDQUOT: 'the disk quota of the user is used up. Make room',
  EFBIG: 'it is as large as the system allows. Lower its size limit, or raise the limit of the system',
  EACCES: "the driver's user has no right to write it. Give it the right to write this file and its folder",
  EPERM: "the driver's user has no right to write it. Give it the right to write this file and its folder",
  EROFS: 'its disk is mounted for reading only. Mount it for writing, or name a file elsewhere',
  ELOOP: 'a symbolic link is at this path. Name the file itself',
  EISDIR: 'it is a folder. Name a file',
  ENOTDIR: 'a part of its path is not a folder. Correct the path',
  EEXIST: 'a part of its path is not a folder. Correct the path',
  ENXIO: 'it is not a regular file. Name a regular file, or a new one',
  EBUSY: 'another program has locked it. Exclude its folder from that program',
  EMFILE: 'the process has too many open files. Raise its limit',
};

/** The reason and the remedy, as one sentence. */
export function fileProblem(path: string, error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = error instanceof NotRegular ? REASONS.ENXIO : REASONS[code];
  return `${JSON.stringify(path)} cannot be written: ${reason ?? message}.`;
}
