// Starts a Redis, says where it is, and waits to be killed.
import { redisServer } from "@meshwright/testing";

const server = await redisServer();
console.log(JSON.stringify({ port: server.port, folder: server.folder }));
setInterval(() => undefined, 60_000);
