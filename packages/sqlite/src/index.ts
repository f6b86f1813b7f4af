/** The embedded broker and the store on SQLite. */
export { type SqliteBroker, sqliteBroker } from "./broker.js";
export { type Database, type DriverName, driverName, type SqlValue, type Statement } from "./driver.js";
export type { RetentionOptions, SqliteBrokerOptions } from "./options.js";
export type { SqliteClient, SqliteParameter, SqliteStatement } from "./store/client.js";
export { type Migration, migrations } from "./store/migrations.js";
export type { SqliteStoreOptions } from "./store/options.js";
export { type SqliteStore, sqliteStore } from "./store/store.js";
