import { ConfigurationError, type MeshEvent } from "@meshwright/core";

/** An event as it would come from a broker. */
export function eventOf(type: string, data: unknown, attributes: object = {}): MeshEvent {
  return { specversion: "1.0", id: "1", source: "/test", type, data, ...attributes };
}

/** The code and message of the ConfigurationError that `run` throws or rejects with. */
export async function refusal(run: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ConfigurationError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}
