import type { Broker } from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";

/** What `forkBroker` calls in the process that it starts. */
export const create = ({ path }: { readonly path: string }): Broker => sqliteBroker({ path });
