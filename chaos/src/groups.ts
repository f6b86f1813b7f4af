/** The groups of a run. Each consumer process is a member of all of them. */
export interface Group {
  readonly name: string;
  readonly ordering: "key" | "none";
  readonly concurrency: number;
  /** Which share of the attempts fails and is tried again at once, or later. */
  readonly failing: number;
  /** Which share of the events is given up for good. */
  readonly terminal: number;
}

export const service = "chaos";
export const namespace = "chaos";

export const groups: readonly Group[] = [
  { name: "ordered", ordering: "key", concurrency: 16, failing: 0.01, terminal: 0.002 },
  { name: "fragile", ordering: "key", concurrency: 16, failing: 0.15, terminal: 0.02 },
  { name: "loose", ordering: "none", concurrency: 16, failing: 0.03, terminal: 0.005 },
];

/** The group of a broker's contract that a handler of this name belongs to. */
export const brokerGroup = ({ name }: Group): string => `${service}.${name}`;
