import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './shell.mjs';

/**
 * Runs `work` while no other set-up of this checkout does: two `npm ci` at once would delete each other's files.
 * The turn is a file that names its process; one left behind by a process that is gone does not count.
 */
export async function inTurn(root, work) {
  const folder = join(root, '.cache');
  mkdirSync(folder, { recursive: true });
  const turn = join(folder, 'setup.turn');
  const mine = join(folder, `setup.${process.pid}`);
  writeFileSync(mine, String(process.pid));
  try {
    let told = false;
    while (!take(mine, turn)) {
      const holder = holderOf(turn);
      if (holder !== undefined && !isAlive(holder)) {
        // Renaming lets only one of several waiting processes clear it away.
        discard(turn, `${mine}.stale`);
      } else {
        if (!told) say(`waiting for another set-up (process ${holder ?? 'unknown'})`);
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
    return Number(readFileSync(turn, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
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
