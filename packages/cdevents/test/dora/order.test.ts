import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  created,
  type DoraEvent,
  deployed,
  detected,
  merged,
  packaged,
  published,
  reported,
  resolved,
  rolledBack,
  upgraded,
} from "./events.js";
import { expected, history } from "./history.js";
import { reportOf, taken } from "./kit.js";

/** Some minute of four weeks; often one that is close to another, or to the end of a week. Day 6 is a Sunday. */
const time = fc
  .tuple(
    fc.constantFrom(0, 3, 6, 7, 13, 14, 17, 20),
    fc.constantFrom(0, 9, 23),
    fc.constantFrom(0, 1, 2, 14, 59),
  )
  .map(([day, hour, minute]) => new Date(Date.UTC(2026, 2, 16 + day, hour, minute)).toISOString())
  .map((text) => text.slice(0, 16).replace("T", " "));
const change = fc.constantFrom("c1", "c2", "c3");
const service = fc.constantFrom("shop", "pay");
const artifactId = fc.constantFrom("pkg:oci/a@1", "pkg:oci/a@2", "pkg:oci/unversioned");
const incident = fc.constantFrom("i1", "i2", "i3");
const environment = fc.constantFrom("production", "staging");
const chainId = fc.option(fc.constantFrom("x", "y"), { nil: undefined });
const sha = fc.option(fc.constantFrom("sha1", "sha2"), { nil: undefined });

/** Without the fields that are undefined. */
function only<Value>(fields: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}

const changes = fc
  .tuple(fc.constantFrom(created, merged), time, change, chainId, sha)
  .map(([make, at, id, chain, mergeSha]) =>
    make(at, id, { ...only({ chainId: chain }), customData: only({ mergeSha }) }),
  );
const artifacts = fc.oneof(
  fc
    .tuple(time, artifactId, fc.constantFrom("c1", "c2", "sha1", "sha2"), chainId)
    .map(([at, id, of, chain]) => packaged(at, id, of, only({ chainId: chain }))),
  fc.tuple(time, artifactId, chainId).map(([at, id, chain]) => published(at, id, only({ chainId: chain }))),
);
const services = fc
  .tuple(
    fc.constantFrom(deployed, deployed, upgraded, rolledBack),
    time,
    service,
    artifactId,
    environment,
    chainId,
  )
  .map(([make, at, id, artifact, where, chain]) =>
    make(at, id, artifact, { environment: where, ...only({ chainId: chain }) }),
  );
const incidents = fc
  .tuple(
    fc.constantFrom(detected, reported, resolved),
    time,
    incident,
    environment,
    fc.option(service, { nil: undefined }),
    fc.option(artifactId, { nil: undefined }),
  )
  .map(([make, at, id, where, of, artifact]) =>
    make(at, id, { environment: where, ...only({ service: of, artifactId: artifact }) }),
  );
const events = fc.array(fc.oneof(changes, artifacts, services, services, incidents), { maxLength: 40 });

/** The same events in another order, each once or more often. */
function rearranged(of: readonly DoraEvent[]): fc.Arbitrary<readonly DoraEvent[]> {
  return fc
    .array(fc.constantFrom(...of), { maxLength: of.length })
    .chain((again) => fc.shuffledSubarray([...of, ...again], { minLength: of.length + again.length }));
}

describe("the order of events, and their repetition", () => {
  it("changes nothing in the history that was computed by hand", async () => {
    await fc.assert(
      fc.asyncProperty(rearranged(history), async (arrived) => {
        expect(await reportOf(arrived)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it("changes nothing in what is kept of any events", async () => {
    const twice = events
      .filter(({ length }) => length > 0)
      .chain((some) => fc.tuple(fc.constant(some), rearranged(some)));
    await fc.assert(
      fc.asyncProperty(twice, async ([some, arrived]) => {
        expect((await taken(arrived)).content).toEqual((await taken(some)).content);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the range that is asked for", () => {
  it("changes nothing in the weeks that are in it", async () => {
    const week = fc.integer({ min: 11, max: 17 }).map((number) => `2026-W${number}`);
    await fc.assert(
      fc.asyncProperty(events, week, week, async (some, from, to) => {
        const all = await reportOf(some);
        const part = await reportOf(some, { from, to });
        const inRange = all.filter((row) => row.week >= from && row.week <= to);
        const happened = part.filter((row) => inRange.some((one) => isSameWeek(one, row)));
        expect(happened).toEqual(inRange);
      }),
      { numRuns: 300 },
    );
  });
});

function isSameWeek(one: Place, other: Place): boolean {
  return one.week === other.week && one.service === other.service;
}

type Place = { readonly week: string; readonly service: string };
