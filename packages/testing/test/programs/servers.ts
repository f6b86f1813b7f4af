// Starts a Redis, or a PostgreSQL where that is its argument, says where it is, pauses it when told anything, and waits to
// be killed.
import { postgresServer, redisServer } from "@meshwright/testing";

const server = process.argv[2] === "postgres" ? await postgresServer({ config: [] }) : await redisServer();
console.log(JSON.stringify({ port: server.port, folder: server.folder }));
process.stdin.once("data", () => {
  server.pause();
  console.log("paused");
});
setInterval(() => undefined, 60_000);
