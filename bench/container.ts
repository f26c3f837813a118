/** A container as Node sees it: the limit of memory from which it derives the sizes of its heap. Nothing enforces it. */
import { execFileSync } from 'node:child_process';

/** Lays a folder of its own over that of the memory limits, for this process alone, and becomes the program. */
const SCRIPT = `set -e
limit=$(($0 * 1048576))
if [ -d /sys/fs/cgroup/memory ]; then
  group=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
  mount -t tmpfs none /sys/fs/cgroup/memory
  for folder in "/sys/fs/cgroup/memory$group" /sys/fs/cgroup/memory; do
    mkdir -p "$folder"
    echo $limit > "$folder/memory.limit_in_bytes"
    echo $limit > "$folder/memory.soft_limit_in_bytes"
    echo 0 > "$folder/memory.usage_in_bytes"
  done
else
  group=$(sed -n 's/^0:://p' /proc/self/cgroup)
  mount -t tmpfs none /sys/fs/cgroup
  echo memory > /sys/fs/cgroup/cgroup.controllers
  for folder in "/sys/fs/cgroup$group" /sys/fs/cgroup; do
    mkdir -p "$folder"
    echo $limit > "$folder/memory.max"
    echo $limit > "$folder/memory.high"
    echo 0 > "$folder/memory.current"
  done
fi
exec "$@"`;

/** What stands before a command so that it runs as in a container of `mebibytes`; needs root or user namespaces. */
export function containerLauncher(mebibytes: number): [string, ...string[]] {
  const launcher: [string, ...string[]] = [
    'unshare',
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    SCRIPT,
    String(mebibytes),
  ];
  const [program, ...rest] = launcher;
  const ask = [...rest, process.execPath, '-p', 'process.constrainedMemory()'];
  const seen = Number(execFileSync(program, ask, { encoding: 'utf8' }));
  if (seen !== mebibytes * 2 ** 20) throw new Error(`Node sees a limit of ${seen} bytes in place of ${mebibytes} MiB`);
  return launcher;
}
