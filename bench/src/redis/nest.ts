/** NestJS on Redis is pub/sub: nothing is stored, what nobody listens to is gone, nothing is acknowledged. */
import { Transport } from "@nestjs/microservices";
import { nestContestant } from "../nest.js";

function options(url: string) {
  const { hostname: host, port } = new URL(url);
  return { transport: Transport.REDIS, options: { host, port: Number(port) } } as const;
}

export const contestant = nestContestant({
  server: ({ url }) => options(url),
  client: ({ url }) => options(url),
});
