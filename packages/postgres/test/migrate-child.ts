/** Migrates the database of the URL it is given, and says so. */
import { postgresStore } from "@meshwright/postgres";

const store = postgresStore({ url: process.argv[2] ?? "" });
await store.migrate();
console.log("migrated");
await store.close();
