import type { IncomingMessage } from "node:http";

/**
 * Reads a body byte for byte, as its signature needs it.
 *
 * @param limit bytes; of a longer body nothing is kept, and what still comes is thrown away
 * @returns the body, or undefined where it is too long
 * @throws Error where the sender went away before the end
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLong = (): void => {
      chunks.length = 0;
      request.off("data", onData).resume();
      resolve(undefined);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) tooLong();
      else chunks.push(chunk);
    };
    request.on("data", onData);
    request.once("end", () => resolve(Buffer.concat(chunks, length)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the sender went away before the end of the body")));
    if (Number(request.headers["content-length"] ?? 0) > limit) tooLong();
  });
}
