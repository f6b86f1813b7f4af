/** Markdown tables of medians and ratios. Every claim is a ratio of two rows that were measured in one run. */

export interface Row {
  readonly name: string;
  /** One value for each round. */
  readonly values: readonly number[];
  /** Cells of further columns. */
  readonly more?: readonly string[];
}

/** What the ratio of one row to another should be. */
export interface Goal {
  readonly of: string;
  /** Default: the first row. */
  readonly against?: string;
  readonly least?: number;
  readonly most?: number;
}

export interface Table {
  readonly title: string;
  /** What the values are: "events per second". */
  readonly measure: string;
  /** The first one is what the others are measured against. */
  readonly rows: readonly Row[];
  readonly figure: (value: number) => string;
  readonly goals?: readonly Goal[];
  /** Heads of further columns. */
  readonly more?: readonly string[];
  /** What has to be known to read it. */
  readonly note?: string;
}

export function printTable({ title, measure, rows, figure, goals = [], more = [], note }: Table): void {
  const heads = [measure, "median", "spread", "ratio", ...more, "goal"];
  const lines = rows.map((row) => {
    const { name, values, more: cells = [] } = row;
    const spread = `${figure(Math.min(...values))} – ${figure(Math.max(...values))}`;
    const verdicts = goals.filter(({ of }) => of === name).map((goal) => verdict(goal, row, rows));
    return [name, figure(median(values)), spread, digits(ratio(row, rows[0])), ...cells, verdicts.join("; ")];
  });
  const rules = heads.map((_, i) => (i === 0 || i === heads.length - 1 ? "---" : "---:"));
  printMarkdown(title, [heads, rules, ...lines], note);
}

/** The first of the lines is the head, the second the rule below it. */
export function printMarkdown(title: string, lines: readonly (readonly string[])[], note?: string): void {
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  process.stdout.write(`\n### ${title}\n\n${table}\n${note === undefined ? "" : `\n${note}\n`}`);
}

function verdict({ against, least, most }: Goal, row: Row, rows: readonly Row[]): string {
  const other = against === undefined ? rows[0] : rows.find(({ name }) => name === against);
  const value = ratio(row, other);
  const met = value >= (least ?? 0) && value <= (most ?? Number.POSITIVE_INFINITY);
  const wanted = least === undefined ? `at most ${digits(most ?? 0)}` : `at least ${digits(least)}`;
  const of = against === undefined ? "" : ` of ${against}, is ${digits(value)}`;
  return `${wanted}${of}: ${met ? "met" : "MISSED"}`;
}

function ratio(row: Row, other: Row | undefined): number {
  return median(row.values) / median(other?.values ?? []);
}

function digits(value: number): string {
  return value.toFixed(2);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function perSecond(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)}k` : value.toFixed(0);
}
