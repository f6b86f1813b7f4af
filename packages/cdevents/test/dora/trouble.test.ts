import { describe, expect, it } from "vitest";
import { deployed, detected, reported, resolved, rolledBack } from "./events.js";
import { reportOf } from "./kit.js";

const [one, two] = ["pkg:oci/shop@1", "pkg:oci/shop@2"] as const;
const first = deployed("2026-03-30 12:00", "shop", one);
const second = deployed("2026-04-06 12:00", "shop", two);

/** By week: how many deployments failed, how many incidents began, how many of them go on. */
async function troubleOf(...args: Parameters<typeof reportOf>) {
  const rows = await reportOf(...args);
  return rows.map(({ service, week, failures, incidents, unresolved }) => [
    service,
    week,
    failures,
    incidents,
    unresolved,
  ]);
}

describe("a failure", () => {
  it("is counted in the week of the deployment, also when it comes out in a later one", async () => {
    expect(await troubleOf([first])).toEqual([["shop", "2026-W14", 0, 0, 0]]);
    expect(await troubleOf([first, detected("2026-04-06 11:00", "i", { service: "shop" })])).toEqual([
      ["shop", "2026-W14", 1, 0, 0],
      ["shop", "2026-W15", 0, 1, 1],
    ]);
  });

  it("is that of the artifact which the incident names, though another one came after it", async () => {
    const events = [first, second, detected("2026-04-06 12:00", "i", { service: "shop", artifactId: one })];
    expect(await troubleOf(events)).toEqual([
      ["shop", "2026-W14", 1, 0, 0],
      ["shop", "2026-W15", 0, 1, 1],
    ]);
  });

  it("is that of the last deployment before it, whatever the artifacts are called", async () => {
    const events = [
      deployed("2026-03-30 12:00", "shop", two),
      detected("2026-03-30 12:30", "i", { service: "shop" }),
      deployed("2026-03-30 13:00", "shop", one),
      detected("2026-03-30 13:30", "j", { service: "shop" }),
    ];
    expect(await troubleOf(events)).toEqual([["shop", "2026-W14", 2, 2, 2]]);
  });

  it("is none where the artifact that the incident names was not deployed", async () => {
    const events = [first, detected("2026-03-31 12:00", "i", { service: "shop", artifactId: two })];
    expect(await troubleOf(events)).toEqual([["shop", "2026-W14", 0, 1, 1]]);
  });

  it("goes back 7 days, or what failureWithinMs says", async () => {
    const incident = (time: string) => detected(time, "i", { service: "shop" });
    const failed = async (time: string, options = {}) =>
      (await troubleOf([first, incident(time)], options))[0]?.[2];
    expect(await failed("2026-04-06 12:00")).toBe(1);
    expect(await failed("2026-04-06 12:01")).toBe(0);
    expect(await failed("2026-03-30 12:01", { failureWithinMs: 0 })).toBe(0);
    expect(await failed("2026-04-06 12:01", { failureWithinMs: 14 * 86_400_000 })).toBe(1);
  });

  it("is one, however many incidents and rollbacks go back to the deployment", async () => {
    const events = [
      first,
      detected("2026-03-30 13:00", "i", { service: "shop" }),
      reported("2026-03-30 13:10", "ticket", { service: "shop" }),
      rolledBack("2026-03-30 13:20", "shop", one),
    ];
    expect(await troubleOf(events)).toEqual([["shop", "2026-W14", 1, 2, 2]]);
  });

  it("is the last deployment before a rollback, whichever version the rollback names", async () => {
    const again = deployed("2026-04-06 13:00", "shop", "pkg:oci/shop@3");
    for (const artifact of [one, two]) {
      const events = [first, second, again, rolledBack("2026-04-06 12:30", "shop", artifact)];
      expect(await troubleOf(events)).toEqual([
        ["shop", "2026-W14", 0, 0, 0],
        ["shop", "2026-W15", 1, 0, 0],
      ]);
    }
  });

  it("is none where nothing was deployed before, or in another environment", async () => {
    const environments = ["eu", "us"];
    const events = [
      rolledBack("2026-03-30 11:00", "shop", one, { environment: "eu" }),
      deployed("2026-03-30 12:00", "shop", one, { environment: "eu" }),
      detected("2026-03-30 13:00", "i", { service: "shop", environment: "us" }),
    ];
    expect(await troubleOf(events, { environments })).toEqual([["shop", "2026-W14", 0, 1, 1]]);
  });
});

describe("an incident", () => {
  const restored = async (events: Parameters<typeof reportOf>[0]) =>
    (await reportOf(events)).map(({ week, unresolved, timeToRestoreMs }) => [
      week,
      unresolved,
      timeToRestoreMs?.median,
    ]);

  it("may be resolved before it is seen to begin, and begin earlier than was known", async () => {
    const events = [resolved("2026-04-06 10:00", "i", { service: "shop" })];
    expect(await restored(events)).toEqual([]);
    events.push(detected("2026-04-06 08:00", "i", { service: "shop" }));
    expect(await restored(events)).toEqual([["2026-W15", 0, 7_200_000]]);
    events.push(reported("2026-04-05 10:00", "i", { service: "shop" }));
    expect(await restored(events)).toEqual([["2026-W14", 0, 86_400_000]]);
  });

  it("is over when it is first said to be, wherever that is said", async () => {
    const events = [
      detected("2026-04-06 08:00", "i", { service: "shop" }),
      resolved("2026-04-06 09:00", "i", { environment: "prod", service: "shop" }),
      resolved("2026-04-08 09:00", "i", { service: "shop" }),
    ];
    expect(await restored(events)).toEqual([["2026-W15", 0, 3_600_000]]);
  });

  it("has no time to restore where it ends before it begins", async () => {
    const events = [
      resolved("2026-04-06 07:00", "i", { service: "shop" }),
      detected("2026-04-06 08:00", "i", { service: "shop" }),
    ];
    expect(await restored(events)).toEqual([["2026-W15", 0, undefined]]);
  });

  it("does not count in an environment that does not", async () => {
    const staging = { service: "shop", environment: "staging" };
    const events = [detected("2026-04-06 08:00", "i", staging), resolved("2026-04-06 09:00", "i", staging)];
    expect(await restored(events)).toEqual([]);
  });

  it("belongs to every service that it names, one that was never deployed too", async () => {
    const events = [
      detected("2026-04-06 08:00", "i", { service: "shop" }),
      resolved("2026-04-06 09:00", "i", { service: "database" }),
    ];
    expect(await troubleOf(events)).toEqual([
      ["database", "2026-W15", 0, 1, 0],
      ["shop", "2026-W15", 0, 1, 0],
    ]);
  });

  it("does not belong to a service that it does not name, though that runs the artifact too", async () => {
    const events = [
      deployed("2026-03-30 12:00", "worker", one),
      detected("2026-03-30 13:00", "i", { service: "shop", artifactId: one }),
    ];
    expect(await troubleOf(events)).toEqual([
      ["shop", "2026-W14", 0, 1, 1],
      ["worker", "2026-W14", 0, 0, 0],
    ]);
  });

  it("belongs to the services that run its artifact where it names none, and to no service else", async () => {
    const events = [
      first,
      deployed("2026-03-30 12:00", "worker", one),
      second,
      detected("2026-03-31 12:00", "i", { artifactId: one }),
      detected("2026-03-31 12:00", "j", { artifactId: two }),
    ];
    expect(await troubleOf(events)).toEqual([
      ["shop", "2026-W14", 1, 1, 1],
      ["shop", "2026-W15", 0, 0, 0],
      ["worker", "2026-W14", 1, 1, 1],
      ["", "2026-W14", 0, 1, 1],
    ]);
  });
});

describe("what doraReport is asked for", () => {
  it.each([
    ["WEEK_INVALID", { from: "2026-04" }],
    ["WEEK_INVALID", { to: "2025-W53" }],
    ["WEEK_INVALID", { to: "2026-W00" }],
    ["OPTION_INVALID", { repeatWithinMs: 1_000 }],
    ["OPTION_INVALID", { failureWithinMs: Number.NaN }],
    ["OPTION_INVALID", { leadTimeFrom: "commit" as "change.merged" }],
  ])("is refused with %s: %j", async (code, options) => {
    await expect(reportOf([], options)).rejects.toMatchObject({ code });
  });
});
