import type { RabbitmqServer } from "@meshwright/testing";
import { afterEach } from "vitest";

const everyCases = 8;
const deleteQueues =
  '[rabbit_amqqueue:delete(Q, false, false, <<"tests">>) || Q <- rabbit_amqqueue:list()], ok.';

/** The more queues a server has, the longer it takes to restart: those that earlier cases have left go now and then. */
export function tidyUp(server: RabbitmqServer): void {
  let cases = 0;
  afterEach(async () => {
    cases += 1;
    if (cases % everyCases === 0) await server.ctl("eval", deleteQueues);
  }, 60_000);
}
