import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWritable, say, SetupError, throwIfInterrupted } from './shell.mjs';

/**
 * Runs `work` while no other set-up of this checkout does: two `npm ci` at once would delete each other's files.
 * The turn is a file that names its process; one left behind by a process that is gone does not count.
 */
export async function inTurn(root, work) {
  const folder = join(root, '.cache');
  if (!isWritable(folder) || !isWritable(root)) {
    throw new SetupError(`${root} cannot be written. Remedy: run this as the user who owns it.`);
  }
  mkdirSync(folder, { recursive: true });
  const turn = join(folder, 'setup.turn');
  const mine = join(folder, `setup.${process.pid}`);
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}`);
  try {
    let told = false;
    while (!take(mine, turn)) {
      throwIfInterrupted();
      const holder = holderOf(turn);
      if (holder !== undefined && !isAlive(holder)) {
        // Renaming lets only one of several waiting processes clear it away.
        discard(turn, `${mine}.stale`);
      } else {
        if (!told) say(`waiting for another set-up (process ${holder?.pid ?? 'unknown'})`);
        told = true;
        await sleep(300);
      }
    }
    try {
      return await work();
    } finally {
      rmSync(turn, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A hard link is made whole or not at all, and never over an existing file. */
function take(mine, turn) {
  try {
    linkSync(mine, turn);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(turn) {
  try {
    const [pid, start] = readFileSync(turn, 'utf8').split(' ');
    return Number(pid) ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process lives, and is not a later one with the same number. */
function isAlive({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return !start || start === startOf(pid);
}

/** When a process began, in Linux' own count; empty where that cannot be read. */
function startOf(pid) {
  try {
    // The name of the program, in brackets, may hold anything; the 20th field after it is the one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function discard(file, aside) {
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch {
    // Another process cleared it away first.
  }
}
