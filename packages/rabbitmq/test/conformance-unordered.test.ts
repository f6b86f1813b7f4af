import { rabbitmqServer, testBroker } from "@meshwright/testing";
import { afterAll } from "vitest";
import { conformanceOptions } from "./conformance-options.js";
import { tidyUp } from "./tidy.js";

const server = await rabbitmqServer();
afterAll(() => server.close());
tidyUp(server);

testBroker({ ...conformanceOptions(server, false), name: "rabbitmq, groups without order" });
