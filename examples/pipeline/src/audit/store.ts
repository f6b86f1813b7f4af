import type { MeshEvent } from "@meshwright/core";
import { AppendLog } from "../service/append-log.js";

/** One stored event, and where it came from. */
export interface AuditRow {
  readonly channel: string;
  readonly key: string;
  readonly event: MeshEvent;
}

/** Keeps every event once, by `source` and `id`, in the order in which they were added. */
export class AuditStore {
  private constructor(
    private readonly log: AppendLog,
    private readonly known: Set<string>,
  ) {}

  static async open(path: string): Promise<AuditStore> {
    const { log, lines } = await AppendLog.open(path);
    return new AuditStore(log, new Set(lines.map((line) => identity((JSON.parse(line) as AuditRow).event))));
  }

  /**
   * Resolves once the row is on the disk. An event that is there already, because it was delivered or published again,
   * is passed over. One event is not added twice at a time: it has one key, and its group is ordered by key.
   */
  async add(row: AuditRow): Promise<"stored" | "known"> {
    const id = identity(row.event);
    if (this.known.has(id)) return "known";
    await this.log.append(JSON.stringify(row));
    this.known.add(id);
    return "stored";
  }

  close(): Promise<void> {
    return this.log.close();
  }
}

/** What makes two events one and the same (CloudEvents 1.0.2, "id"). */
export function identity({ source, id }: Pick<MeshEvent, "source" | "id">): string {
  return JSON.stringify([source, id]);
}
