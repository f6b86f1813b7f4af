/** The embedded broker on SQLite. */
export { type SqliteBroker, sqliteBroker } from "./broker.js";
export { type Database, type DriverName, driverName, type SqlValue, type Statement } from "./driver.js";
export type { RetentionOptions, SqliteBrokerOptions } from "./options.js";
