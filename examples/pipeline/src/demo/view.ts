import type { Progress } from "./observer.js";

export interface Snapshot {
  readonly answered: number;
  readonly total: number;
  readonly resent: number;
  readonly groups: ReadonlyMap<string, Progress>;
  /** Process ids by service; 0 while it is down. */
  readonly processes: Readonly<Record<string, number>>;
}

/** What the demo shows while it runs: a table that is drawn over in a terminal, plain lines elsewhere. */
export interface View {
  /** A line that stays. */
  say(text: string): void;
  update(snapshot: Snapshot): void;
  /** Removes the table. */
  end(): void;
}

export function createView(out: NodeJS.WriteStream): View {
  return out.isTTY ? liveView(out) : plainView(out);
}

function liveView(out: NodeJS.WriteStream): View {
  let lines: readonly string[] = [];
  const clear = (): void => {
    if (lines.length > 0) out.write(`\x1b[${lines.length}A\x1b[0J`);
  };
  const draw = (next: readonly string[]): void => {
    clear();
    lines = next;
    if (lines.length > 0) out.write(`${lines.map((line) => line.slice(0, out.columns || 80)).join("\n")}\n`);
  };
  return {
    say: (text) => {
      const table = lines;
      draw([]);
      out.write(`${text}\n`);
      draw(table);
    },
    update: (snapshot) => draw(tableOf(snapshot)),
    end: () => draw([]),
  };
}

function tableOf({ answered, total, resent, groups, processes }: Snapshot): string[] {
  const width = 40;
  const full = Math.round((answered / Math.max(total, 1)) * width);
  const bar = "█".repeat(full) + "░".repeat(width - full);
  const again = resent > 0 ? `, ${resent} sent again` : "";
  const head = `  ${"".padEnd(10)}${["process", "lag", "in flight", "delayed", "dead"].map((cell) => cell.padStart(11)).join("")}`;
  const rows = Object.entries(processes).map(([service, pid]) => {
    const group = groups.get(service);
    const numbers = group && [group.lag, group.inFlight, group.delayed, group.deadLetters];
    const cells = [pid === 0 ? "down" : pid, ...(numbers ?? [])];
    return `  ${service.padEnd(10)}${cells.map((cell) => String(cell).padStart(11)).join("")}`;
  });
  return ["", `  GitHub ${bar} ${answered}/${total}${again}`, head, ...rows];
}

function plainView(out: NodeJS.WriteStream): View {
  let last = 0;
  return {
    say: (text) => out.write(`${text}\n`),
    update: ({ answered, total, groups }) => {
      if (Date.now() - last < 2_000) return;
      last = Date.now();
      const lags = [...groups].map(([group, { lag }]) => `${group} ${lag}`).join(", ");
      out.write(`  ${answered}/${total} answered; still to handle: ${lags}\n`);
    },
    end: () => undefined,
  };
}
