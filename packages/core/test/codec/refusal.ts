import { InvalidEventError } from "@meshwright/core";
import { expect } from "vitest";
import type { Refusal } from "./invalid-events.js";

/** Runs what must be refused and compares all that the refusal says. */
export function expectRefusal(run: () => unknown, { code, path, reason }: Refusal): void {
  const error = caught(run);
  expect(error).toBeInstanceOf(InvalidEventError);
  expect(error).toMatchObject({ code, path, reason });
}

/** What a function throws; fails when it returns. */
export function caught(run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error;
  }
  return expect.unreachable(`accepted as ${JSON.stringify(result)}`);
}
