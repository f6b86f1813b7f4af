import { rabbitmqServer, testBroker } from "@meshwright/testing";
import { afterAll } from "vitest";
import { conformanceOptions } from "./conformance-options.js";

const server = await rabbitmqServer();
afterAll(() => server.close());

testBroker({ ...conformanceOptions(server, false), name: "rabbitmq, groups without order" });
