/**
 * Makes this machine able to run the project, then runs a command in that setting:
 *
 *     node scripts/setup.mjs [--no-servers] -- <command> [arguments]
 *
 * Needs npm and some Node (18 or newer). Gets Node 24 and its npm first and installs the packages of package-lock.json
 * with them; nats-server and mosquitto come from the system (`--no-servers` leaves them out). Where everything is
 * present it prints nothing and takes a few hundredths of a second. Ends with the exit code of the command.
 *
 * This file is only the entry: an old Node must be able to parse it, to report that it is too old.
 */
if (Number(process.versions.node.split('.')[0]) < 18) {
  console.error('set-up: Node ' + process.versions.node + ' is too old to install anything; install Node 18 or newer');
  process.exitCode = 1;
} else {
  import('./setup/main.mjs');
}
