// Runs commands one after another, and says which of them failed.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root } from "./workspace.mjs";

/** A step that runs a script by this very Node. Options: `cwd`, `env`, and `needed` where later steps build on it. */
export const node = (name, args, options = {}) => ({ name, command: process.execPath, args, ...options });

/**
 * Runs every step, also after one that failed unless it was needed, each under a heading with its duration when
 * there are several.
 * Returns the exit code of the first that failed, else 0; the names of those that failed are the last line.
 */
export async function runSteps(steps) {
  const failed = [];
  for (const step of steps) {
    if (steps.length > 1) console.log(`\n== ${step.name}`);
    const began = Date.now();
    const code = await run(step);
    if (code !== 0) failed.push({ name: step.name, code });
    if (steps.length > 1) console.log(`${code === 0 ? "ok" : "FAILED"} (${seconds(began)} s)`);
    if (code !== 0 && step.needed) break;
  }
  if (failed.length === 0) return 0;
  console.error(`\nFailed: ${failed.map((step) => step.name).join(", ")}`);
  return failed[0].code;
}

const seconds = (began) => ((Date.now() - began) / 1000).toFixed(1);

function run({ command, args, cwd = root, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: "inherit",
      env: { ...process.env, ...env },
      shell: process.platform === "win32" && command === "npx",
    });
    // Ctrl-C reaches the child by itself, which then ends as it sees fit; we wait for it.
    const ignore = () => {};
    const forward = () => child.kill("SIGTERM");
    process.on("SIGINT", ignore).on("SIGTERM", forward);
    const done = (code) => {
      process.off("SIGINT", ignore).off("SIGTERM", forward);
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.on("exit", (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
