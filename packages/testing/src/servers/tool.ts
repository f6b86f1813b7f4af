import { execFile } from "node:child_process";
import { MeshError } from "@meshwright/core/adapter";
import type { User } from "./user.js";

/** A program that ends by itself. */
export interface Tool {
  /** What to call it in errors. */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whom to run it as; undefined: ourselves. */
  readonly user?: User | undefined;
}

const maxOutputBytes = 64 * 1024 * 1024;

/**
 * Runs a program to its end.
 *
 * @returns what it printed
 * @throws MeshError `SERVER_CONTROL_FAILED` with what it said
 */
export function runTool({ what, command, args, env, user }: Tool): Promise<string> {
  const options = { env: { ...process.env, ...env }, maxBuffer: maxOutputBytes, ...user };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (cause, stdout, stderr) => {
      if (cause === null) return resolve(stdout);
      const said = `${stdout}${stderr}`.trim() || cause.message;
      reject(new MeshError("SERVER_CONTROL_FAILED", `${what} failed: ${said}`, { cause }));
    });
  });
}
