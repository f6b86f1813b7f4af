/** One request, handed on to a backend, and its answer handed back, both as streams. */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import { pipeline } from "node:stream";

export interface Backend {
  /** What its answers are marked with, in `x-backend`. */
  readonly name: string;
  readonly url: string;
}

/** As node's servers give it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface ForwardOptions {
  readonly backend: Backend;
  /** How long the backend may be silent. */
  readonly timeoutMs: number;
  /**
   * Told the status in the end: 502 where the backend could not be reached or broke off, 504 where it was silent. Not
   * called where the client went away first.
   */
  readonly done: (status: number) => void;
}

export function forward({ request, response }: Exchange, { backend, timeoutMs, done }: ForwardOptions): void {
  let failure: number | undefined;
  const { hostname, port } = new URL(backend.url);
  const upstream = send({
    hostname,
    port,
    path: request.url,
    method: request.method,
    headers: endToEnd(request.headers),
    timeout: timeoutMs,
    // A connection for each: one that was kept, and that a sound backend is just closing, would be a 502.
    agent: false,
  });
  response.setHeader("x-backend", backend.name);
  response.once("close", () => {
    const status = failure ?? (response.writableFinished ? response.statusCode : undefined);
    if (status !== undefined) done(status);
    upstream.destroy();
  });
  upstream.once("response", (answer) => {
    answer.once("error", () => {
      failure ??= 502;
    });
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    pipeline(answer, response, () => undefined);
  });
  upstream.once("timeout", () => {
    failure = 504;
    upstream.destroy(new Error("silent for too long"));
  });
  upstream.once("error", () => {
    if (response.destroyed) return;
    failure ??= 502;
    request.unpipe(upstream).resume();
    if (response.headersSent) response.destroy();
    else response.writeHead(failure).end();
  });
  request.pipe(upstream);
}

/** What is about one connection stays on it (RFC 9110, section 7.6.1). */
const ofConnection = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofConnection.has(name) && !named.has(name)),
  );
}
