import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readBody } from "./body.js";
import type { Answer, Webhook } from "./intake.js";

export interface ServerParts {
  readonly take: (webhook: Webhook) => Promise<Answer>;
  /** Bytes; a longer body is answered with 413. GitHub itself sends up to 25 MB. */
  readonly maxBodyBytes: number;
  /** Whether the service is fit to work, for `GET /health`. */
  readonly healthy: () => Promise<boolean>;
}

/** The HTTP side: `POST /webhooks` and `GET /health`. */
export function webhookServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    route(parts, request, response).catch(() => response.destroy());
  });
  // A sender may be slow, but not for ever.
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  return server;
}

async function route(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url } = request;
  if (method === "GET" && url === "/health") {
    const healthy = await parts.healthy();
    return send(response, healthy ? 200 : 503, { healthy });
  }
  if (url !== "/webhooks") return send(response, 404, { reason: "webhooks go to /webhooks" });
  if (method !== "POST") return send(response, 405, { reason: "webhooks are POSTed" });

  const { status, ...answer } = await webhook(parts, request);
  if (status === 503) response.setHeader("retry-after", "1");
  send(response, status, answer);
}

async function webhook({ take, maxBodyBytes }: ServerParts, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request, maxBodyBytes);
  if (body === undefined) return { status: 413, outcome: "refused", reason: `over ${maxBodyBytes} bytes` };
  return take({
    event: header(request, "x-github-event"),
    delivery: header(request, "x-github-delivery"),
    signature: header(request, "x-hub-signature-256"),
    body,
  });
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
