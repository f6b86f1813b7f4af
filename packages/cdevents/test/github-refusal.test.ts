import { describe, expect, it } from "vitest";
import { translateGitHub } from "../src/index.js";
import { type Draft, example, expectValid } from "./examples.js";

type Change = (payload: Draft) => void;

function outcomeOf(webhook: string, change: Change): unknown {
  return translateGitHub(example(webhook, change));
}

function refused(path: string, reason: string): object {
  return { outcome: "refused", path, reason };
}

describe("what is refused, with the place and the reason, and never with what stood there", () => {
  it.each([
    ["2019-02-30T00:00:00Z"],
    ["2019-05-15T24:00:00Z"],
    ["2019-05-15T23:59:60Z"],
    ["2019-05-15T15:20:33"],
    ["2019-05-15T15:20:33+25:00"],
    ["2019-05-15"],
    ["2019-05-15 15:20:33Z"],
    ["+002019-05-15T15:20:33Z"],
    ["yesterday"],
    [""],
  ])("a time such as %j", (created_at) => {
    const outcome = outcomeOf("pull_request", (payload) =>
      Object.assign(payload.pull_request, { created_at }),
    );
    expect(outcome).toEqual(refused("/pull_request/created_at", "must be a time of RFC 3339"));
  });

  it.each([
    ["javascript:alert(1)"],
    ["//github.com/acme/shop"],
    ["https://"],
    ["https://github.com/[x]"],
    ["https://[::1]/"],
    ["https://github.com/a b"],
    ["https://github.com/\u00e9"],
    ["https://github.com/%zz"],
    ["https://user:pass@github.com/"],
    ["https://github.com/\n"],
  ])("an address such as %j", (html_url) => {
    const outcome = outcomeOf("pull_request", (payload) => Object.assign(payload.repository, { html_url }));
    expect(outcome).toEqual(refused("/repository/html_url", "must be a URL of http or https"));
  });

  it.each([["s3cr3t\u0000"], ["abc123"], ["0".repeat(40)], ["A".repeat(40)], ["a".repeat(41)], ["main"]])(
    "a commit such as %j",
    (sha) => {
      const outcome = outcomeOf("pull_request", (payload) =>
        Object.assign(payload.pull_request.head, { sha }),
      );
      expect(outcome).toEqual(refused("/pull_request/head/sha", "must be a commit id"));
    },
  );

  it.each([[""], ["a\u0000b"], ["a\nb"], ["\ud800"], ["\uffff"]])("a name such as %j", (full_name) => {
    const outcome = outcomeOf("release", (payload) => Object.assign(payload.repository, { full_name }));
    expect(outcome).toEqual(
      refused("/repository/full_name", "must be a name: not empty, no control characters"),
    );
  });

  it.each([[-1], [1.5], [2 ** 53], ["2"], [true]])("a number such as %j", (number) => {
    const outcome = outcomeOf("pull_request", (payload) => Object.assign(payload.pull_request, { number }));
    expect(outcome).toEqual(refused("/pull_request/number", "must be a non-negative integer"));
  });

  it.each([
    [[null], "/workflow_run/pull_requests/0/number", "is missing"],
    [[{ number: 1 }, 7], "/workflow_run/pull_requests/1", "must be an object"],
    [[[]], "/workflow_run/pull_requests/0", "must be an object"],
    [[{}], "/workflow_run/pull_requests/0/number", "is missing"],
    [{ 0: { number: 1 } }, "/workflow_run/pull_requests", "must be an array"],
    ["7", "/workflow_run/pull_requests", "must be an array"],
  ])("pull requests such as %j", (pull_requests, path, reason) => {
    const outcome = outcomeOf("workflow_run", (payload) =>
      Object.assign(payload.workflow_run, { pull_requests }),
    );
    expect(outcome).toEqual(refused(path, reason));
  });

  it.each([
    ["a missing object", (payload: Draft) => delete payload.repository, "/repository", "is missing"],
    [
      "a null object",
      (payload: Draft) => Object.assign(payload, { repository: null }),
      "/repository",
      "is missing",
    ],
    [
      "a list",
      (payload: Draft) => Object.assign(payload, { repository: [] }),
      "/repository",
      "must be an object",
    ],
    ["an action", (payload: Draft) => Object.assign(payload, { action: 7 }), "/action", "must be a string"],
    [
      "a flag",
      (payload: Draft) => Object.assign(payload.release, { prerelease: "no" }),
      "/release/prerelease",
      "must be true or false",
    ],
  ])("%s", (_, change, path, reason) => {
    expect(outcomeOf("release", change)).toEqual(refused(path, reason));
  });
});

it("takes times with fractions and offsets, and keeps them as they came", async () => {
  for (const created_at of [
    "2019-05-15T15:20:33.123456Z",
    "2019-05-15T17:20:33+02:00",
    "2024-02-29T23:59:59Z",
  ]) {
    const translation = translateGitHub(
      example("pull_request", (payload) => Object.assign(payload.pull_request, { created_at })),
    );
    if (translation.outcome !== "translated") throw new Error(JSON.stringify(translation));
    for (const event of translation.events) {
      expect(event.context.timestamp).toBe(created_at);
      await expectValid(event);
    }
  }
});
