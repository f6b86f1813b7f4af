import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GitHubTranslation, translateGitHub } from "../src/index.js";
import { type Draft, deliveries, expectValid } from "./examples.js";

const translated = new Set(
  deliveries
    .filter((delivery) => translateGitHub(delivery).outcome === "translated")
    .map(({ event }) => event),
);
const candidates = deliveries.filter(({ event }) => translated.has(event));

async function expectStated(translation: GitHubTranslation): Promise<void> {
  if (translation.outcome === "translated") {
    expect(translation.events.length).toBeGreaterThan(0);
    for (const event of translation.events) await expectValid(event);
    return;
  }
  expect(translation.reason).not.toBe("");
  if (translation.outcome === "refused") expect(translation.path).toMatch(/^(?:|event|delivery|\/.*)$/s);
}

/** The places of a payload, down to the depth that the translator looks at. */
function places(value: unknown, depth = 4): readonly (readonly string[])[] {
  if (depth === 0 || typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    [key],
    ...places(child, depth - 1).map((rest) => [key, ...rest]),
  ]);
}

/** A copy with another value at one place. */
function withValue(value: unknown, [key, ...rest]: readonly string[], last: unknown): unknown {
  if (key === undefined) return last;
  const children = Object(value) as { readonly [key: string]: unknown };
  return { ...children, [key]: withValue(children[key], rest, last) };
}

const interesting = new Set([
  "pull_request",
  "workflow_run",
  "workflow_job",
  "repository",
  "issue",
  "release",
]);

const mutation: fc.Arbitrary<(parent: Draft, key: string) => void> = fc.oneof(
  fc.constant((parent: Draft, key: string) => {
    delete parent[key];
  }),
  fc
    .oneof(
      fc.constantFrom<unknown>(
        null,
        "",
        " ",
        0,
        -1,
        1.5,
        1e21,
        true,
        [],
        {},
        [null],
        [[]],
        "\u0000",
        "\ud800",
        "a b",
      ),
      fc.constantFrom<unknown>(
        "2019-02-30T00:00:00Z",
        "2019-05-15",
        "9999-12-31T24:00:00Z",
        "2016-12-31T23:59:60Z",
      ),
      fc.constantFrom<unknown>(
        "javascript:alert(1)",
        "https://",
        "https://x/[",
        "https://é/",
        "https://a/%",
        "//a/b",
      ),
      fc.constantFrom<unknown>(
        "opened",
        "closed",
        "created",
        "published",
        "completed",
        "in_progress",
        "requested",
      ),
      fc.constantFrom<unknown>("../..", "%", "?#", "@", "é", "refs/heads/x", "refs/heads/", "0".repeat(40)),
      fc.jsonValue(),
    )
    .map((value) => (parent: Draft, key: string) => {
      parent[key] = structuredClone(value);
    }),
  fc.nat(20).map((length) => (parent: Draft, key: string) => {
    if (typeof parent[key] === "string") parent[key] = parent[key].slice(0, length);
  }),
);

const mutated = fc
  .tuple(
    fc.constantFrom(...candidates),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), mutation), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([delivery, changes]) => {
    const payload = structuredClone(delivery.payload) as Draft;
    for (const [where, change] of changes) {
      const all = places(payload).filter(([first]) => interesting.has(first ?? "") || where < 0.5);
      const path = all[Math.floor(where * all.length)];
      if (path === undefined) continue;
      const parent = path.slice(0, -1).reduce((value, key) => value[key], payload);
      change(parent, path.at(-1) ?? "");
    }
    return { ...delivery, payload };
  });

describe("translateGitHub", () => {
  it("states an outcome for any JSON", async () => {
    const anyName = fc.oneof(fc.constantFrom(...new Set(deliveries.map(({ event }) => event))), fc.string());
    await fc.assert(
      fc.asyncProperty(anyName, fc.string(), fc.jsonValue(), async (event, delivery, payload) => {
        await expectStated(translateGitHub({ event, delivery, payload }));
      }),
      { numRuns: 1000 },
    );
  });

  it("states an outcome for real payloads with fields dropped, cut or of other types", async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (delivery) => expectStated(translateGitHub(delivery))),
      { numRuns: 800 },
    );
  });

  it("states an outcome when any one field is dropped, null or of another type", async () => {
    const first = new Map(
      candidates.map((delivery) => [`${delivery.event}.${delivery.payload["action"]}`, delivery]),
    );
    const outcomes = { translated: 0, ignored: 0, refused: 0 };
    for (const delivery of first.values()) {
      const whole = JSON.stringify(translateGitHub(delivery));
      for (const path of places(delivery.payload, 3)) {
        for (const value of [undefined, null, 7, "x", [], {}]) {
          const payload = withValue(delivery.payload, path, value);
          const translation = translateGitHub({ ...delivery, payload });
          outcomes[translation.outcome]++;
          if (JSON.stringify(translation) !== whole) await expectStated(translation);
        }
      }
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(100);
  });

  it("refuses what is no object, and headers that did not come", () => {
    for (const payload of [null, undefined, 1, "x", true, []]) {
      expect(translateGitHub({ event: "push", delivery: "d", payload })).toEqual({
        outcome: "refused",
        path: "",
        reason: "must be an object",
      });
    }
    const missing = undefined as unknown as string;
    expect(translateGitHub({ event: missing, delivery: "d", payload: {} })).toMatchObject({ path: "event" });
    expect(translateGitHub({ event: "push", delivery: "", payload: {} })).toMatchObject({ path: "delivery" });
  });

  it("finds nothing in prototypes", () => {
    expect(translateGitHub({ event: "constructor", delivery: "d", payload: {} }).outcome).toBe("ignored");
    const payload = JSON.parse(
      '{"action":"opened","__proto__":{"pull_request":{}},"repository":{}}',
    ) as unknown;
    expect(translateGitHub({ event: "pull_request", delivery: "d", payload })).toMatchObject({
      outcome: "refused",
      path: "/repository/full_name",
    });
  });
});
