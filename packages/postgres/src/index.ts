/** The store on PostgreSQL: transactional outbox and inbox, streams. */
export { type Migration, migrations } from "./migrations.js";
export type { NameOptions, PostgresStoreOptions } from "./options.js";
export {
  type DrizzleSql,
  type DrizzleTransaction,
  drizzleClient,
  type KyselyQuery,
  type KyselyTransaction,
  kyselyClient,
} from "./other-clients.js";
export { type PostgresStore, postgresStore } from "./store.js";
export type { Queryable } from "./transaction.js";
