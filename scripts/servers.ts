// Installs the servers that tests need, once. What cannot be installed is said here; the tests that need it then fail, and those
// of PgBouncer are skipped.
import { prepareServers } from "@meshwright/testing";

const missing = await prepareServers();
for (const what of missing) console.error(what);
if (missing.length === 0) console.log("Redis, RabbitMQ, PostgreSQL and PgBouncer are there.");
