/** What a session hands to what works on its behalf. */
import type { Clock } from "@meshwright/core/adapter";
import type { Link } from "./link.js";
import type { Settings } from "./options.js";
import type { Publisher } from "./publisher.js";

export interface SessionParts {
  readonly settings: Settings;
  readonly namespace: string;
  readonly link: Link;
  readonly publisher: Publisher;
  readonly clock: Clock;
}
