import { BrokerError } from "@meshwright/core/adapter";
import { delegate, type Sin } from "./sin.js";

export const b15: Sin = {
  sin: "publishes that wait in the client are forgotten by close",
  caughtBy: { "B15/publishes": /every publish settles/, "B15/others-go-on": /every publish settles/ },
  commit(broker) {
    let waiting: (() => void)[] = [];
    let closed = false;
    const flush = (): void => {
      const now = waiting;
      waiting = [];
      for (const send of now) send();
    };
    return {
      ...delegate(broker),
      publish(channel, messages) {
        if (closed)
          return Promise.reject(
            new BrokerError("BROKER_CLOSED", "The broker is closed.", { retryable: false }),
          );
        return new Promise((resolve, reject) => {
          if (waiting.length === 0) setImmediate(flush);
          waiting.push(() => broker.publish(channel, messages).then(resolve, reject));
        });
      },
      close() {
        closed = true;
        waiting = [];
        return broker.close();
      },
    };
  },
};
