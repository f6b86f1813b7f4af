/** One process of a run, by way of its own fault proxy where there is a network. */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { FaultProxy, Server } from "@meshwright/testing";
import type { Answer, Order } from "../worker/duty.js";

export interface Member<Role extends string = string> {
  readonly role: Role;
  readonly name: string;
  readonly proxy: FaultProxy | undefined;
  /** Resolves when it does its work; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when its process has ended. */
  readonly gone: Promise<void>;
  /** Whether it was asked to leave, or killed by us. */
  dismissed(): boolean;
  /** Resolves when it has next done a piece of its work; rejects when it ends before, or has ended. */
  alive(): Promise<void>;
  /** Asks it to leave in good order. */
  leave(): void;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

/** What a member is to do, and where. */
export interface Post<Role extends string> {
  readonly role: Role;
  readonly name: string;
  /** Path of what it runs. */
  readonly program: string;
  /** What its fault proxy stands before; undefined: it has none. */
  readonly server: Server | undefined;
  /** What its program is told. @param port - of its fault proxy */
  settings(port: number | undefined): object;
}

const execArgv = ["--conditions=@meshwright/source", "--import", "tsx"];

export async function startMember<Role extends string>(post: Post<Role>): Promise<Member<Role>> {
  const { role, name } = post;
  const proxy = await post.server?.proxy();
  const child = fork(post.program, [JSON.stringify(post.settings(proxy?.port))], { execArgv });
  const gone = once(child, "exit").then(() => proxy?.close());
  let dismissed = false;
  const answered = (answer: Answer): Promise<void> =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null || child.signalCode !== null) reject(new Error(`${name} has ended`));
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
    dismissed: () => dismissed,
    alive() {
      order("alive?");
      return answered("alive");
    },
    leave() {
      dismissed = true;
      order("stop");
    },
    signal(signal) {
      dismissed ||= signal === "SIGKILL";
      child.kill(signal);
    },
  };
}

/** The same address on another port, where there is one. */
export function throughPort(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  const url = new URL(address);
  url.port = String(port);
  return url.href;
}
