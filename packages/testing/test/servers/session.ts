import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "../../src/index.js";

/** A session of a PostgreSQL, before its login: a process of the server that answers, or does not. */
export interface Session {
  /** Resolves with what it answers; anything shows that it is awake. */
  ask(): Promise<string>;
  /** Resolves when the server has ended it. */
  closed(): Promise<unknown>;
}

/** Resolves when the session has answered for the first time. It ends with the test. */
export async function openSession(port: number): Promise<Session> {
  const socket = connect({ host: "127.0.0.1", port });
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.once("close", () => {
    isClosed = true;
  });
  onTestFinished(() => void socket.destroy());
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once("data", (bytes) => resolve(bytes.toString("latin1")));
      socket.once("close", () => reject(new Error("The session is closed.")));
      socket.write(tlsRequest());
    });
  await ask();
  return { ask, closed: () => eventually("the session to be closed", () => isClosed) };
}

/** Asks whether the server has TLS. */
function tlsRequest(): Buffer {
  const request = Buffer.alloc(8);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(80_877_103, 4);
  return request;
}
