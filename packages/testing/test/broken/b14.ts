import type { BrokerContext } from "@meshwright/core/adapter";
import { delegate, type Sin } from "./sin.js";

const plain = (name: string): string => name.replaceAll(/[^\w.-]/g, "_");

export const b14: Sin = {
  sin: "characters that a server does not like are replaced in names",
  caughtBy: { "B14/channels": /channel/, "B14/groups": /receives 1 more/ },
  commit: (broker) => ({
    ...delegate(broker),
    publish: (channel, messages) => broker.publish(plain(channel), messages),
    subscribe: (request) =>
      broker.subscribe({ ...request, channel: plain(request.channel), group: plain(request.group) }),
  }),
};

export const b14Joined: Sin = {
  sin: "namespace and channel are joined with a colon",
  caughtBy: { "B14/joined-names": /deep-equal|\["a:b","c"\]/ },
  commit(broker) {
    let space = "";
    return {
      ...delegate(broker),
      open(context: BrokerContext) {
        space = context.namespace;
        return broker.open({ ...context, namespace: "all" });
      },
      publish: (channel, messages) => broker.publish(`${space}:${channel}`, messages),
      subscribe: (request) => broker.subscribe({ ...request, channel: `${space}:${request.channel}` }),
    };
  },
};

export const b14Folded: Sin = {
  sin: "names are cut to 255 characters",
  caughtBy: { "B14/channels": /channel n+/, "B14/groups": /receives 1 more/ },
  commit: (broker) => ({
    ...delegate(broker),
    publish: (channel, messages) => broker.publish(channel.slice(0, 255), messages),
    subscribe: (request) =>
      broker.subscribe({
        ...request,
        channel: request.channel.slice(0, 255),
        group: request.group.slice(0, 255),
      }),
  }),
};

export const b14Spaceless: Sin = {
  sin: "namespaces are ignored",
  caughtBy: { "B14/namespaces": /./, "B14/shelves": /./ },
  commit: (broker) => ({
    ...delegate(broker),
    open: (context) => broker.open({ ...context, namespace: "all" }),
  }),
};
