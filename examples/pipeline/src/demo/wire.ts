import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Announce the whole body, and end the connection after so many bytes of it. */
  readonly cutAt?: number;
}

/** What the gateway answered. */
export interface Reply {
  readonly status: number;
  readonly outcome?: string;
  readonly reason?: string;
}

const agent = new Agent({ keepAlive: true });

/** Sends one request. Rejects when no answer comes: then nobody knows whether it was taken. */
export function post(url: string, sent: Request): Promise<Reply> {
  return sent.cutAt === undefined ? postWhole(url, sent) : postCut(url, sent, sent.cutAt);
}

function postWhole(url: string, { headers, body }: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = { "content-type": "application/json", "content-length": body.length, ...headers };
    const sending = request(url, { method: "POST", agent, headers: all, timeout: 15_000 }, (response) => {
      readReply(response).then(resolve, reject);
    });
    sending.once("timeout", () => sending.destroy(new Error("the gateway did not answer")));
    sending.once("error", reject);
    sending.end(body);
  });
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { ...JSON.parse(Buffer.concat(chunks).toString("utf8")), status: response.statusCode ?? 0 };
}

/** HTTP by hand: no client sends half a body on purpose. */
function postCut(url: string, { headers, body }: Request, cutAt: number): Promise<Reply> {
  const { hostname, port, pathname } = new URL(url);
  const lines = Object.entries({ host: hostname, "content-length": body.length, ...headers });
  const head = `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = "";
    socket.setTimeout(15_000, () => socket.destroy(new Error("the gateway did not answer")));
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.once("error", reject);
    socket.once("close", () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status === 0) reject(new Error("the connection was closed without an answer"));
      else resolve({ status, outcome: "refused", reason: "the body is cut short" });
    });
    socket.end(Buffer.concat([Buffer.from(head), body.subarray(0, cutAt)]));
  });
}
