import type { Nesting, StreamLog } from "@meshwright/core/adapter";
import type { Notices } from "../notices.js";
import type { Session } from "../session.js";
import { logOn } from "./log.js";
import type { Numbering } from "./numbering.js";
import type { StreamStatements } from "./statements.js";

interface Parts {
  /** On the pool. */
  readonly session: Session;
  readonly notices: Notices;
  readonly numbering: Numbering;
  readonly nesting: Nesting;
  statements(): StreamStatements;
}

/** The streams of a store, outside of transactions. */
export function streamLog({ session, notices, numbering, nesting, statements }: Parts): StreamLog {
  const log = logOn({
    session,
    statements,
    isTransaction: false,
    number: numbering.some,
    appended: () => notices.committed(),
  });
  return {
    ...log,
    async append(append) {
      // It might wait for that one for ever.
      nesting.requireOutside();
      return log.append(append);
    },
    head: () => numbering.all(),
    watch: (changed) => notices.watch(changed),
  };
}
