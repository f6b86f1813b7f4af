/** What PostgreSQL and pg say, in words that say what to do. Values of statements are in none of them. */
import { ConfigurationError, MeshError, StoreError } from "@meshwright/core/adapter";

interface Advice {
  readonly code: string;
  readonly what: string;
  readonly retryable: boolean;
}

const auth: Advice = {
  code: "POSTGRES_AUTH",
  what: "the server refuses this user or password. Check them in `url`, `config` or the pool, and the server's pg_hba.conf",
  retryable: false,
};
const unavailable: Advice = {
  code: "POSTGRES_UNAVAILABLE",
  what: "the server is starting, stopping or has ended the session. The same call works once it is back, which needs no help",
  retryable: true,
};
const disconnected: Advice = {
  code: "POSTGRES_DISCONNECTED",
  what: "the connection was lost or could not be made. The same call works once it is back, which needs no help. Otherwise check host, port and TLS",
  retryable: true,
};
const full: Advice = {
  code: "POSTGRES_FULL",
  what: "the server has run out of disk, memory or another resource. Look at its log",
  retryable: true,
};

const unprepared: Advice = {
  code: "POSTGRES_PREPARED",
  what: "the session has not the prepared statements that this process made: a pooler between transactions does not know them. Set `prepare: false`, or use PgBouncer 1.21 or newer with `max_prepared_statements`",
  retryable: false,
};

/** For what is not known here. */
const otherCode = "POSTGRES_ERROR";
const rolledBackCode = "POSTGRES_ROLLED_BACK";

/** By SQLSTATE, or by its class. */
const byState: Readonly<Record<string, Advice>> = {
  "28": auth,
  "3D000": {
    code: "POSTGRES_NO_DATABASE",
    what: "there is no such database. Create it, or check the name in `url`, `config` or the pool",
    retryable: false,
  },
  "42501": {
    code: "POSTGRES_NO_PERMISSION",
    what: "this user may not do that. docs/postgres.md lists the rights it needs",
    retryable: false,
  },
  "42P01": {
    code: "POSTGRES_SCHEMA_MISSING",
    what: "the store's tables are not there. Run store.migrate(), or the SQL that migrations() gives; check `prefix` and `schema`",
    retryable: false,
  },
  "53300": {
    code: "POSTGRES_TOO_MANY_CONNECTIONS",
    what: "the server takes no more connections. Lower `max` of the pools, or raise `max_connections`",
    retryable: true,
  },
  "55P03": {
    code: "POSTGRES_LOCK_TIMEOUT",
    what: "another session held a lock for too long. Look for it in pg_locks and pg_stat_activity",
    retryable: true,
  },
  "25006": {
    code: "POSTGRES_READONLY",
    what: "this server is read-only, such as a standby. Connect to the primary",
    retryable: true,
  },
  // The server's word for a session that was silent in a transaction for too long.
  "25P03": unavailable,
  "26000": unprepared,
  "42P05": unprepared,
  "53": full,
  "57": unavailable,
  "08": disconnected,
};

/**
 * Whatever pg threw, as an error of ours. Our own errors pass through.
 *
 * @param doing - what was being done: "opening the store"
 */
export function storeError(error: unknown, doing: string): MeshError {
  if (error instanceof MeshError) return error;
  const { code, what, retryable } = adviceFor(error);
  return new StoreError(code, `PostgreSQL: ${doing}: ${what}.`, { retryable, cause: error });
}

/** Whether prepared statements are the trouble, and not what they say. */
export function isUnprepared(error: unknown): boolean {
  return byState[sqlState(error) ?? ""] === unprepared;
}

function adviceFor(error: unknown): Advice {
  const state = sqlState(error);
  if (state !== undefined) {
    return (
      byState[state] ??
      byState[state.slice(0, 2)] ?? {
        code: otherCode,
        what: `the server answered with SQLSTATE ${state}. Its words are in the cause`,
        retryable: false,
      }
    );
  }
  const text = error instanceof Error ? error.message : "";
  if (/password must be a string|no password/i.test(text)) return auth;
  if (/timeout exceeded when trying to connect/.test(text)) {
    return {
      code: "POSTGRES_POOL_TIMEOUT",
      what: "the pool had no free connection in time. Raise its `max`, or look for transactions that take long",
      retryable: true,
    };
  }
  return disconnected;
}

/** The five characters by which the server says what is wrong; undefined where pg or the network says it. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  const { code } = error;
  // Node's own codes, such as EPIPE, may have five letters too; only the server tells a severity.
  return typeof code === "string" && "severity" in error && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** A serialization failure or a deadlock, wherever a library has wrapped it. */
export function isLostRace(error: unknown): boolean {
  return hasState(error, ["40001", "40P01"]);
}

/** A unique index has it already. */
export function isDuplicate(error: unknown): error is Error {
  return hasState(error, ["23505"]);
}

/** A statement before this one had failed: that is the cause. */
export function isBroken(error: unknown): boolean {
  return hasState(error, ["25P02"]) || (error instanceof StoreError && error.code === rolledBackCode);
}

function hasState(error: unknown, states: readonly string[]): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    const state = sqlState(cause);
    if (state !== undefined && states.includes(state)) return true;
  }
  return false;
}

/** The server has said no, and the session goes on: what was asked for was not done. */
export function isRefusal(error: unknown): boolean {
  if (sqlState(error) === undefined) return false;
  const { severity } = error as { readonly severity?: unknown };
  return severity !== "FATAL" && severity !== "PANIC";
}

/** What came of COMMIT, and of a statement that was sent with it. A constraint that is looked at only now is the service's own. */
export function commitError(error: unknown): unknown {
  if (error instanceof MeshError) return error;
  if (!isRefusal(error)) return commitUnknown(error);
  if (isBroken(error)) return rolledBack();
  return adviceFor(error).code === otherCode ? error : storeError(error, "committing");
}

function refusal(code: string, message: string, retryable = false, cause?: unknown): StoreError {
  return new StoreError(code, message, { retryable, ...(cause === undefined ? {} : { cause }) });
}

export const clientLent = (method: string): StoreError =>
  refusal(
    "POSTGRES_CLIENT_LENT",
    `\`${method}\` is not for a transaction's client: the store took it from the pool and gives it back.`,
  );

export const rolledBack = (): StoreError =>
  refusal(
    rolledBackCode,
    "A statement of this transaction had failed and the work went on, so PostgreSQL rolled it back at the end. Let the error pass, or use a savepoint.",
  );

export const endedByWork = (): StoreError =>
  refusal(
    "POSTGRES_TX_ENDED_BY_WORK",
    "The work ended its transaction itself, so what came after is in none. Leave BEGIN, COMMIT and ROLLBACK to the store.",
  );

export const oneStatement = (what: string): StoreError =>
  refusal(
    "POSTGRES_STATEMENT_ONLY",
    `${what} needs a transaction. Beside a single statement events can be published, and nothing else. Use store.transaction.`,
  );

export const valuesDiffer = (highest: number, given: number): StoreError =>
  refusal(
    "POSTGRES_STATEMENT_VALUES",
    `The statement has parameters up to $${highest}, and ${given} values were given; nothing was run. Each needs its value. What looks like one in a literal or a comment counts too: pass such a literal as a value.`,
  );

export const commitUnknown = (cause: unknown): StoreError =>
  refusal(
    "POSTGRES_COMMIT_UNKNOWN",
    "The connection was lost before the server had confirmed the commit: all was done, or nothing. Doing it again may do it twice, unless the work finds that out, as `claim` does.",
    true,
    cause,
  );

export const schemaMissing = (table: string): StoreError =>
  refusal(
    "POSTGRES_SCHEMA_MISSING",
    `There is no table ${table}. Run store.migrate(), or the SQL that migrations() gives; check \`prefix\` and \`schema\`.`,
  );

export const schemaOlder = (found: number, ours: number): StoreError =>
  refusal(
    "POSTGRES_SCHEMA_OLDER",
    `The store's tables have version ${found}, this package needs ${ours}. Run store.migrate(), or the SQL that migrations() gives.`,
  );

export const schemaNewer = (found: number, ours: number): StoreError =>
  refusal(
    "POSTGRES_SCHEMA_NEWER",
    `The store's tables have version ${found}, this package knows ${ours}. Update @meshwright/postgres here.`,
  );

export const wrongEncoding = (encoding: string): StoreError =>
  refusal(
    "POSTGRES_ENCODING",
    `The database's encoding is ${encoding}, which cannot hold every text. Use a database with encoding UTF8.`,
  );

export const missingRights = (rights: readonly string[]): StoreError =>
  refusal(
    "POSTGRES_NO_PERMISSION",
    `This user lacks rights: ${rights.join(", ")}. Grant them; docs/postgres.md lists all that are needed.`,
  );

export const noSchemaToUse = (): ConfigurationError =>
  new ConfigurationError(
    "POSTGRES_OPTIONS_INVALID",
    "The connection's `search_path` names no schema that exists. Set it, or pass `schema`.",
  );
