/** Migrates the file it is given, and says so. */
import { sqliteStore } from "@meshwright/sqlite";

const store = sqliteStore({ path: process.argv[2] ?? "", busyTimeout: "20s" });
await store.migrate();
console.log("migrated");
await store.close();
