import { redisServer, testBroker } from "@meshwright/testing";
import { afterAll } from "vitest";
import { conformanceOptions } from "./conformance-options.js";

const server = await redisServer({ appendfsync: "always" });
afterAll(() => server.close());

testBroker(conformanceOptions(server, true));
