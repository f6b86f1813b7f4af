import type { ConformanceOptions } from "./options.js";

/** An option of `testBroker` without which a case cannot run. */
export type Hook =
  | "crash"
  | "fork"
  | "restart"
  | "network"
  | "retention"
  | "hardRetention"
  | "corrupt"
  | "incompatible";

/** Whether the options offer what a case needs. */
export function hasHook(options: ConformanceOptions, hook: Hook): boolean {
  if (hook === "crash") return options.crash !== undefined || options.fork !== undefined;
  if (hook === "hardRetention") return options.retention?.hard !== undefined;
  return options[hook] !== undefined;
}
