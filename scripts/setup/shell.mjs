import { spawn } from 'node:child_process';

/** Something that the person at the machine must mend; the message is all they need. */
export class SetupError extends Error {}

/** One plain line of what happens. On standard error, so that a command's output stays its own. */
export function say(text) {
  console.error(`set-up: ${text}`);
}

/**
 * Runs a program to its end without input and keeps what it prints.
 * Never throws: a program that cannot be started has code -1.
 */
export function quiet(file, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => done({ code: -1, output: error.message }));
    child.on('close', (code) => done({ code: code ?? -1, output }));
  });
}

/** The last lines of what a program printed, indented under a message. */
export function tail(output, lines = 15) {
  return output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `\n    ${line}`)
    .join('');
}
