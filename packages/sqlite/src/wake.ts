/**
 * Wakes other processes. SQLite tells nobody of a commit, so whoever commits work writes one byte into a file beside
 * the database, and the others watch that file. A signal may be lost with the process that owed it: subscriptions
 * also look by themselves once in a while.
 */
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from "node:fs";
import type { Logger } from "@meshwright/core/adapter";

export interface Wake {
  /** Tells the other processes that something was committed. */
  send(): void;
  close(): void;
}

const byte = new Uint8Array([1]);

/** Opens the wake file of a database and calls `woken` whenever anybody writes it. */
export function openWake(databasePath: string, logger: Logger, woken: () => void): Wake {
  const path = `${databasePath}-wake`;
  let file: number | undefined;
  let watcher: FSWatcher | undefined;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    watcher = watch(path, woken);
    watcher.on("error", (error) => logger.warn({ err: error }, "the wake file is not watched any more"));
  } catch (error) {
    // Too many watches, or a file system without them: the poll still finds everything, later.
    logger.warn({ err: error, path }, "no wake file: other processes are noticed by polling only");
  }
  return {
    send() {
      if (file === undefined) return;
      try {
        writeSync(file, byte, 0, 1, 0);
      } catch (error) {
        logger.debug({ err: error }, "wake file not written");
      }
    },
    close() {
      watcher?.close();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** In memory: nobody else to wake. */
export const noWake: Wake = { send: () => undefined, close: () => undefined };
