// Adds up vitest's JSON reports, given as arguments, and prints one line: `N passed, N failed[, N skipped]`.
// A report that is missing, and a test file that could not run at all, count as one failure each.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** The closing line for these reports; `undefined` stands for one that was never written. */
export function totals(reports) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const report of reports) {
    passed += report?.numPassedTests ?? 0;
    skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    failed += report ? failures(report) : 1;
  }
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function failures(report) {
  const unable = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const counted = report.numFailedTests + unable;
  // Errors outside of any test, a type error in a source for one, leave the run unsuccessful all the same.
  return counted === 0 && !report.success ? 1 : counted;
}

function read(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  console.log(totals(process.argv.slice(2).map(read)));
}
