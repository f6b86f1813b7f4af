import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";

export interface ServiceOptions {
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it writes to stderr goes here. */
  readonly logFile: string;
}

/** One service as a process of its own, started as this one was. */
export class ServiceProcess {
  #ending = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    /** What its ready line said. */
    readonly details: Readonly<Record<string, unknown>>,
    private readonly exit: Promise<number | null>,
  ) {}

  /** Resolves when it says that it is ready. Rejects when it ends before. */
  static async start({ name, file, env, logFile }: ServiceOptions): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [...process.execArgv, file], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    living.add(child);
    child.stderr.pipe(createWriteStream(logFile, { flags: "a" }));
    // The pipe breaks when a service is killed; that is seen by its end.
    child.stdin.on("error", () => undefined);
    const exit = once(child, "exit").then(([code]: unknown[]) => {
      living.delete(child);
      return code as number | null;
    });
    const ready = once(createInterface(child.stdout), "line").then(([line]: unknown[]) => String(line));
    const first = await Promise.race([ready, exit]);
    if (typeof first !== "string") throw new Error(`${name} ended before it was ready; see ${logFile}`);
    return new ServiceProcess(name, child, JSON.parse(first), exit);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Ended without having been asked to. */
  get failed(): boolean {
    return !this.#ending && (this.child.exitCode !== null || this.child.signalCode !== null);
  }

  /** Holds the process where it is. */
  freeze(): void {
    this.child.kill("SIGSTOP");
  }

  thaw(): void {
    this.child.kill("SIGCONT");
  }

  /** Ends it at once, wherever it is. */
  async kill(): Promise<void> {
    this.#ending = true;
    this.child.kill("SIGKILL");
    await this.exit;
  }

  /** Lets it finish. @throws Error where it did not end well */
  async stop(): Promise<void> {
    this.#ending = true;
    this.child.kill("SIGTERM");
    const tooLong = setTimeout(() => this.child.kill("SIGKILL"), 20_000);
    const code = await this.exit;
    clearTimeout(tooLong);
    if (code !== 0) throw new Error(`${this.name} did not end well: ${code ?? "killed"}`);
  }
}

const living = new Set<ChildProcess>();

/** Ends every service that still runs. */
export async function killServices(): Promise<void> {
  await Promise.all(
    [...living].map(async (child) => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }),
  );
}
