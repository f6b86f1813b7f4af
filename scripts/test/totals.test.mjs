import { expect, test } from "vitest";
import { totals } from "../totals.mjs";

const report = (fields) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  success: true,
  testResults: [],
  ...fields,
});

test("reports are added up", () => {
  const one = report({ numPassedTests: 3 });
  const other = report({ numPassedTests: 4, numFailedTests: 1, success: false });
  expect(totals([one])).toBe("3 passed, 0 failed");
  expect(totals([one, other])).toBe("7 passed, 1 failed");
});

test("skipped and planned tests are named", () => {
  expect(totals([report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 })])).toBe(
    "1 passed, 0 failed, 3 skipped",
  );
});

test("a run that left no report has failed", () => {
  expect(totals([undefined])).toBe("0 passed, 1 failed");
});

test("a file that could not be loaded has failed", () => {
  const broken = { status: "failed", assertionResults: [] };
  expect(totals([report({ success: false, testResults: [broken] })])).toBe("0 passed, 1 failed");
  const counted = { status: "failed", assertionResults: [{ status: "failed" }] };
  expect(totals([report({ numFailedTests: 1, success: false, testResults: [counted, broken] })])).toBe(
    "0 passed, 2 failed",
  );
});

test("an unsuccessful run never counts as 0 failed", () => {
  expect(totals([report({ numPassedTests: 5, success: false })])).toBe("5 passed, 1 failed");
});
