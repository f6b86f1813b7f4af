import type { StreamLog } from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { lostRace } from "./handle.js";
import { appendEvents, headOf, readPage, readStream } from "./log.js";
import type { Notices } from "./notices.js";
import type { Statements } from "./statements.js";

interface Parts {
  readonly statements: Statements;
  readonly notices: Notices;
  /** Reads what is committed. */
  read<T>(doing: string, run: (db: Connection) => T): Promise<T>;
  /** One short transaction. */
  write<T>(doing: string, run: (db: Connection) => T): Promise<T>;
}

/** The streams outside of transactions. */
export function sqliteStreamLog({ statements: { log }, notices, read, write }: Parts): StreamLog {
  return {
    async append(append) {
      const answer = await write("appending to a stream", (db) => appendEvents(db, log, append)).catch(
        (error: unknown) => {
          throw lostRace(error) ?? error;
        },
      );
      if ("written" in answer && append.events.length > 0) notices.committed();
      return answer;
    },
    read: (stretch) => read("reading a stream", (db) => readStream(db, log, stretch)),
    page: (page) => read("reading the log", (db) => readPage(db, log, page)),
    head: () => read("reading the log", (db) => headOf(db, log)),
    watch: (changed) => notices.watch(changed),
  };
}
