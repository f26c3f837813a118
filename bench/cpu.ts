/** CPU time of another process, which a busy machine disturbs less than elapsed time. */
import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc, fixed at 100 on Linux for all architectures that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Milliseconds of CPU time that a process has used so far; NaN where the system does not tell (not Linux). */
export function cpuMs(pid: number): number {
  try {
    // The name of the program stands in brackets and may hold spaces; user and system time are fields 14 and 15.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}
