import type { DeliveryContext } from "../consume/delivery-context.js";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Filter } from "../routing/filter.js";
import type { ForwardOptions, HandlerOptions } from "./options.js";

/** What a bridge needs of a mesh. Every `Mesh` is one. */
export interface BridgeEnd {
  readonly domain: string;
  forward(event: MeshEvent, options?: ForwardOptions): Promise<void>;
}

/** What a bridge needs of the mesh it reads from. Every `Mesh` is one. */
export interface BridgeSource extends BridgeEnd {
  on(types: never, options: never, handler: never): unknown;
}

export interface BridgeOptions {
  /** Names the bridge's group on `from`: "<service>.bridge.<name>". */
  readonly name: string;
  /** A mesh that has not been started yet. */
  readonly from: BridgeSource;
  readonly to: BridgeEnd;
  /** Types or patterns to forward. Default: all of the catalog of `from`. */
  readonly types?: string | readonly string[];
  readonly where?: Filter;
  /** Changes the event on its way, except its id and source; undefined leaves it out. */
  readonly map?: (event: MeshEvent) => MeshEvent | undefined;
}

/** The extension attribute that lists the domains an event has been forwarded from. */
const hopsAttribute = "meshhops";

/**
 * Forwards events from one mesh to another, with the same id, at least once and in key order. An event is never
 * forwarded into a domain it has been in before, so bridges may form loops.
 *
 * @throws ConfigurationError `BRIDGE_SAME_DOMAIN` when both ends have the same `domain`
 * @example
 * bridge({ name: "to-eu", from: us, to: eu, types: "dev.cdevents.*" });
 * await us.start();
 */
export function bridge(options: BridgeOptions): void {
  const { name, from, to, where, types = "*", map = (event: MeshEvent) => event } = options;
  if (from.domain === to.domain) {
    throw new ConfigurationError(
      "BRIDGE_SAME_DOMAIN",
      `Bridge "${name}": both meshes are in the domain "${to.domain}". Give each a \`domain\` of its own in createMesh.`,
    );
  }
  const handlerOptions: HandlerOptions = {
    name: `bridge.${name}`,
    ...(where === undefined ? {} : { where }),
  };
  const handler = async (event: MeshEvent, ctx: DeliveryContext): Promise<void> => {
    const hops = hopsOf(event);
    if (hops.includes(to.domain)) {
      ctx.logger.debug(
        { bridge: name, id: event.id, domain: to.domain },
        "not forwarded: the event has been there",
      );
      return;
    }
    const mapped = map(event);
    if (mapped === undefined) return;
    const forwarded = {
      ...mapped,
      id: event.id,
      source: event.source,
      [hopsAttribute]: [...hops, from.domain].join(","),
    };
    await to.forward(forwarded, { channel: ctx.channel, key: ctx.key });
  };
  // Any catalog will do here, so the types of a particular one do not matter.
  from.on(types as never, handlerOptions as never, handler as never);
}

function hopsOf(event: MeshEvent): readonly string[] {
  const hops: unknown = Reflect.get(event, hopsAttribute);
  return typeof hops === "string" && hops !== "" ? hops.split(",") : [];
}
