/** One process of a run, by way of its own fault proxy where there is a network. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FaultProxy } from "@meshwright/testing";
import type { Site } from "../targets/site.js";
import type { Answer, Order, Role, WorkerSettings } from "../worker/settings.js";

export interface Member {
  readonly role: Role;
  readonly name: string;
  readonly proxy: FaultProxy | undefined;
  /** Resolves when it does its work; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when its process has ended. */
  readonly gone: Promise<void>;
  /** Resolves when it has next done a piece of its work. */
  alive(): Promise<void>;
  /** Asks it to leave in good order. */
  leave(): void;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

const execArgv = ["--conditions=@meshwright/source", "--import", "tsx"];

export async function startMember(
  site: Site,
  settings: Omit<WorkerSettings, "broker" | "address">,
): Promise<Member> {
  const { role, name } = settings;
  const proxy = await site.server?.proxy();
  const given: WorkerSettings = { ...settings, broker: site.broker, address: throughProxy(site, proxy) };
  const file = fileURLToPath(new URL(`../worker/${role}.ts`, import.meta.url));
  const child = fork(file, [JSON.stringify(given)], { execArgv });
  const gone = once(child, "exit").then(() => proxy?.close());
  const answered = (answer: Answer): Promise<void> =>
    new Promise((resolve, reject) => {
      child.on("message", (message) => {
        if (message === answer) resolve();
      });
      child.once("exit", (code, signal) => reject(new Error(`${name} ended (${signal ?? code})`)));
    });
  const order = (text: Order): void => {
    if (child.connected) child.send(text);
  };
  const ready = answered("ready");
  // Not everybody's start is waited for.
  ready.catch(() => undefined);
  return {
    role,
    name,
    proxy,
    ready,
    gone,
    alive() {
      order("alive?");
      return answered("alive");
    },
    leave: () => order("stop"),
    signal: (signal) => void child.kill(signal),
  };
}

function throughProxy({ address }: Site, proxy: FaultProxy | undefined): string {
  if (proxy === undefined) return address;
  const url = new URL(address);
  url.port = String(proxy.port);
  return url.href;
}
