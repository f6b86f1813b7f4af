import { type SqliteBroker, type SqliteBrokerOptions, sqliteBroker } from "@meshwright/sqlite";

/** What the conformance kit runs in a child process, to kill it. */
export const create = (options: SqliteBrokerOptions): SqliteBroker => sqliteBroker(options);
