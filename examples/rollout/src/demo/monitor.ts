/** Watches the answers of each version, and says so when it fails too often. */
import type { Breach } from "../events.js";
import type { Answered } from "../gateway.js";

export interface MonitorOptions {
  readonly service: string;
  /** Of the last so many answers of a version … */
  readonly answers: number;
  /** … at most this share may be errors. */
  readonly errorRate: number;
  readonly breached: (breach: Breach) => Promise<unknown>;
}

/** Returns what is to be told of each answer. */
export function monitor({
  service,
  answers,
  errorRate,
  breached,
}: MonitorOptions): (answered: Answered) => void {
  const last = new Map<string, boolean[]>();
  const told = new Set<string>();
  return ({ backend: version, status }) => {
    const recent = [...(last.get(version) ?? []), status >= 500].slice(-answers);
    last.set(version, recent);
    const measured = recent.filter(Boolean).length / recent.length;
    if (recent.length < answers || measured <= errorRate || told.has(version)) return;
    told.add(version);
    const objective = `errors up to ${100 * errorRate} %`;
    breached({ service, version, objective, measured: Number(measured.toFixed(2)) }).catch(() =>
      told.delete(version),
    );
  };
}
