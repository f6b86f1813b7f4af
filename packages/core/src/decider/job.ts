/** What a command is executed with. */
import type { MeshEvent } from "../event/event.js";
import type { Publisher } from "../publish/publisher.js";
import type { Catalog } from "../schema/catalog.js";
import type { Store, Transaction } from "../store/contract.js";
import type { Logger } from "../util/logger.js";
import type { Decider } from "./decider.js";

export interface ExecuteOptions {
  /** Does all of it in this transaction. A conflict is then its own: see `retries` of `store.transaction`. */
  readonly tx?: Transaction;
  /** How often to decide again when the stream has changed meanwhile. Default 10. */
  readonly retries?: number;
  /**
   * Names the command: of those with the same name on the same stream, one is decided. The inbox remembers it, and `pruneInbox`
   * forgets it.
   */
  readonly id?: string;
  /** The event that made somebody give this command: its correlation id and trace go on. */
  readonly cause?: MeshEvent;
}

export interface Executed<State> {
  readonly state: State;
  readonly version: number;
  /** What was appended. */
  readonly events: readonly MeshEvent[];
  /** A command of this `id` was decided before; nothing was done. */
  readonly repeated: boolean;
}

export interface ExecuteParts {
  readonly service: string;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly logger: Logger;
}

export interface Job {
  readonly parts: ExecuteParts;
  readonly decider: Decider<unknown, unknown>;
  readonly stream: string;
  readonly command: unknown;
  readonly options: ExecuteOptions;
}
