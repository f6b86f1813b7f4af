import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ServiceProcess } from "./service-process.js";

const names = ["gateway", "audit", "scanner", "release"] as const;
export type ServiceName = (typeof names)[number];

/** The four services of the pipeline, each a process of its own. */
export class Services {
  readonly #running = new Map<ServiceName, ServiceProcess>();

  constructor(
    private readonly dataFolder: string,
    private readonly secret: string,
  ) {}

  async startAll(): Promise<void> {
    await Promise.all(names.map((name) => this.start(name)));
  }

  async start(name: ServiceName, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const service = await ServiceProcess.start({
      name,
      file: fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url)),
      env: { GITHUB_WEBHOOK_SECRET: this.secret, ...env },
      logFile: join(this.dataFolder, `${name}.log`),
    });
    this.#running.set(name, service);
  }

  running(name: ServiceName): ServiceProcess | undefined {
    return this.#running.get(name);
  }

  async kill(name: ServiceName): Promise<void> {
    const service = this.#running.get(name);
    this.#running.delete(name);
    await service?.kill();
  }

  async stop(name: ServiceName): Promise<void> {
    const service = this.#running.get(name);
    this.#running.delete(name);
    await service?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
  }

  /** @throws Error where a service ended by itself */
  requireAlive(): void {
    for (const [name, service] of this.#running) {
      if (service.failed) throw new Error(`${name} ended by itself; see ${name}.log (run with --keep)`);
    }
  }

  /** Process ids; 0 for what is down. */
  pids(): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.#running.get(name)?.pid ?? 0]));
  }
}
