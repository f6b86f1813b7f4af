import { AppendLog } from "../service/append-log.js";

/**
 * The deliveries that were published, by `x-github-delivery`, in a file of their own. It spares the mesh repeats; it
 * is not what makes them harmless: a delivery's events have ids that follow from it, so that one published twice can
 * be told by everybody. GitHub repeats deliveries for three days; prune by age where this file would grow too long.
 */
export class Deliveries {
  private constructor(
    private readonly log: AppendLog,
    private readonly known: Set<string>,
  ) {}

  static async open(path: string): Promise<Deliveries> {
    const { log, lines } = await AppendLog.open(path);
    return new Deliveries(log, new Set(lines.map((line) => String(JSON.parse(line)))));
  }

  has(delivery: string): boolean {
    return this.known.has(delivery);
  }

  /** Resolves once it is on the disk. */
  async add(delivery: string): Promise<void> {
    await this.log.append(JSON.stringify(delivery));
    this.known.add(delivery);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
