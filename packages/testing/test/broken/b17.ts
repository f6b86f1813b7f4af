import { memoryBroker, memoryServer } from "@meshwright/core";
import { delegate, type Sin } from "./sin.js";

const lease = { leaseMs: 300 };

export const b17: Sin = {
  sin: "retention counts messages, whoever has read them",
  caughtBy: { "B17/keeps-the-unread": /receives 300 more/ },
  commit: delegate,
  options() {
    const server = memoryServer({ retention: { hardLimit: { maxMessages: 50 } } });
    return { retention: { create: () => memoryBroker({ server, ...lease }) } };
  },
};

export const b17Silent: Sin = {
  sin: "a gap is passed over in silence",
  caughtBy: { "B17/gap-is-reported": /the gap is reported/ },
  commit: delegate,
  options() {
    const server = memoryServer({ retention: { hardLimit: { maxMessages: 50 } } });
    const create = (): ReturnType<typeof memoryBroker> => {
      const broker = memoryBroker({ server, ...lease });
      return {
        ...delegate(broker),
        open: (context) => broker.open({ ...context, report: () => undefined }),
      };
    };
    return { retention: { create, hard: { messages: 50, create } } };
  },
};
