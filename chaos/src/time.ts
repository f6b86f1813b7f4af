/** Milliseconds on the machine's monotonic clock, which all processes of a run share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
