import type { ChildProcess } from "node:child_process";
import { BrokerError, type BrokerReport } from "@meshwright/core/adapter";
import { type Answer, type Call, type Request, unpackError } from "./protocol.js";

/** The line to the child: calls out, answers and reports back. */
export interface Line {
  call(call: Call): Promise<unknown>;
  /** Sets who hears what the broker reports. */
  onReport(hear: (report: BrokerReport) => void): void;
  onReady(resolve: (answer: Answer & { kind: "ready" }) => void, reject: (error: Error) => void): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function openLine(child: ChildProcess): Line {
  const pending = new Map<number, Pending>();
  let calls = 0;
  let gone = false;
  let hear: (report: BrokerReport) => void = () => undefined;
  let ready: (answer: Answer & { kind: "ready" }) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;

  const end = (): void => {
    gone = true;
    for (const one of pending.values()) one.reject(killed());
    pending.clear();
  };
  child.once("exit", end);
  // A write to a child that was just killed; its exit says the rest.
  child.on("error", () => undefined);
  child.on("message", (answer: Answer) => {
    if (answer.kind === "ready") return ready(answer);
    if (answer.kind === "failed") return failed(unpackError(answer.error));
    if (answer.kind === "report") return hear(answer.report);
    const one = pending.get(answer.id);
    pending.delete(answer.id);
    if (answer.kind === "value") one?.resolve(answer.value);
    else one?.reject(unpackError(answer.error));
  });

  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        if (gone || !child.connected) return reject(killed());
        calls++;
        pending.set(calls, { resolve, reject });
        child.send({ id: calls, call } satisfies Request);
      }),
    onReport(next) {
      hear = next;
    },
    onReady(resolve, reject) {
      ready = resolve;
      failed = reject;
    },
  };
}

function killed(): BrokerError {
  return new BrokerError("FORK_ENDED", "The broker's process has ended; fork another one.", {
    retryable: false,
  });
}
