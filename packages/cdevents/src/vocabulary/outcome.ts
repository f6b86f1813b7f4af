import { type Field, oneOf } from "./fields.js";

/** How something that runs came to its end. */
export type Outcome = "success" | "failure" | "cancel" | "error";

export const outcome: Field<Outcome> = oneOf("success", "failure", "cancel", "error");
