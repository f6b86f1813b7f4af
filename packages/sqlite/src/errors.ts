import { BrokerError, MeshError } from "@meshwright/core/adapter";

/**
 * SQLite's result codes, in words that say what to do. Messages carry SQLite's own text, which never has payloads in
 * it: every value is bound.
 */
const busyCodes: ReadonlySet<number> = new Set([5, 6]);
/** Full disk, I/O error, out of memory, read-only: the file is in trouble, not the statement. */
const storageCodes: ReadonlySet<number> = new Set([7, 8, 10, 11, 13, 14, 26]);

const advice: Readonly<Record<number, readonly [code: string, what: string]>> = {
  5: [
    "SQLITE_BUSY",
    "other processes held the write lock for longer than `busyTimeout`. Look for a long transaction on this file, or raise `busyTimeout`; the same call may work later",
  ],
  8: [
    "SQLITE_READONLY",
    "the file or its folder cannot be written. Give this process write access to both (SQLite keeps -wal and -shm files beside it)",
  ],
  10: ["SQLITE_IO", "reading or writing the file failed. Look at the disk and the file system"],
  11: [
    "SQLITE_CORRUPT",
    "the file is damaged. Stop its users, keep a copy, and restore a backup or salvage it with `sqlite3 file .recover`",
  ],
  13: [
    "SQLITE_FULL",
    "the disk is full. Free space; nothing of this call was stored, and it may be repeated",
  ],
  14: [
    "SQLITE_CANNOT_OPEN",
    "the file cannot be opened. Check the path, that its folder exists, and this process's rights to it",
  ],
  18: ["SQLITE_TOO_BIG", "a message is larger than SQLite stores. Send a reference to the data instead"],
  26: ["SQLITE_NOT_A_DATABASE", "the file is no SQLite database. Check the path; it was left as it is"],
};

/** SQLite's primary result code of a driver's error, or undefined when it is none. */
export function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { errcode } = error as { readonly errcode?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  return undefined;
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && busyCodes.has(code);
}

/** Whether the storage failed, so that every write would. */
export function isStorageTrouble(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && storageCodes.has(code);
}

/** Whatever a driver threw, as an error of ours. Our own errors pass through. */
export function brokerError(error: unknown, doing: string): MeshError {
  if (error instanceof MeshError) return error;
  const { code, message, retryable } = explained(error, doing);
  return new BrokerError(code, message, { retryable, cause: error });
}

/** What a driver threw, in our words, for an error of any class. */
export function explained(
  error: unknown,
  doing: string,
): { readonly code: string; readonly message: string; readonly retryable: boolean } {
  const primary = resultCode(error);
  const known = advice[primary === 6 ? 5 : (primary ?? -1)];
  const [code, what] = known ?? ["SQLITE_ERROR", `SQLite said: ${textOf(error)}`];
  const retryable = primary === 5 || primary === 6 || primary === 10 || primary === 13;
  return { code, message: `SQLite: ${doing}: ${what}.`, retryable };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "nothing useful";
}
