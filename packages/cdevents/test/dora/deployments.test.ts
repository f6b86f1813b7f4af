import { describe, expect, it } from "vitest";
import { deployed, rolledBack, upgraded } from "./events.js";
import { reportOf } from "./kit.js";

const artifact = "pkg:oci/shop@1";
const at = (time: string) => deployed(`2026-03-31 ${time}`, "shop", artifact);

/** How many deployments there are in each week. */
async function countOf(...args: Parameters<typeof reportOf>) {
  return (await reportOf(...args)).map(({ week, deployments }) => [week, deployments]);
}

describe("a deployment", () => {
  it("is told by deployed and by upgraded, and not by rolledback", async () => {
    const events = [
      at("12:00"),
      upgraded("2026-03-31 13:00", "shop", "pkg:oci/shop@2"),
      rolledBack("2026-03-31 14:00", "shop", artifact),
    ];
    expect(await countOf(events)).toEqual([["2026-W14", 2]]);
  });

  it("is one while each report of it comes within 15 minutes of the one before", async () => {
    expect(await countOf([at("12:00"), at("12:15"), at("12:30")])).toEqual([["2026-W14", 1]]);
    expect(await countOf([at("12:00"), at("12:16")])).toEqual([["2026-W14", 2]]);
    const again = ["12:00", "12:01", "12:02", "12:01", "12:17"];
    expect(await countOf(again.map(at))).toEqual([["2026-W14", 1]]);
  });

  it("is one or two as repeatWithinMs says", async () => {
    const events = [at("12:00"), at("12:05"), at("12:40")];
    expect(await countOf(events, { repeatWithinMs: 60_000 })).toEqual([["2026-W14", 3]]);
    expect(await countOf(events, { repeatWithinMs: 3_600_000 })).toEqual([["2026-W14", 1]]);
  });

  it("is another one with another artifact, service or environment", async () => {
    const eu = { environment: "production-eu" };
    const events = [
      at("12:00"),
      deployed("2026-03-31 12:00", "shop", "pkg:oci/shop@2"),
      deployed("2026-03-31 12:00", "shop", artifact, eu),
      deployed("2026-03-31 12:00", "pay", artifact),
    ];
    const rows = await reportOf(events, { environments: ["production", "production-eu"] });
    expect(rows.map(({ service, deployments }) => [service, deployments])).toEqual([
      ["pay", 1],
      ["shop", 3],
    ]);
  });

  it("is in the ISO week of UTC, which is of the year that has its Thursday", async () => {
    const days = [
      "2024-12-29 23:59",
      "2024-12-30 00:00",
      "2026-01-01 12:00",
      "2026-12-28 00:00",
      "2027-01-03 23:59",
      "2027-01-04 00:00",
    ];
    const events = days.map((day, version) => deployed(day, "shop", `pkg:oci/shop@${version}`));
    expect(await countOf(events)).toEqual([
      ["2024-W52", 1],
      ["2025-W01", 1],
      ["2026-W01", 1],
      ["2026-W53", 2],
      ["2027-W01", 1],
    ]);
  });

  it("has the time that its timestamp says, in whatever form", async () => {
    const told = (timestamp: string, version: number) => {
      const event = deployed("2026-04-05 12:00", "shop", `pkg:oci/shop@${version}`);
      return { ...event, context: { ...event.context, timestamp } } as typeof event;
    };
    const sunday = ["2026-04-05T23:59:59.999999Z", "2026-04-06T01:59:00+02:00", "2026-04-05t12:00:00z"];
    const monday = ["2026-04-05T23:59:60Z", "2026-04-05T23:59:00-00:01", "2026-04-05 20:00:00-0400"];
    expect(await countOf([...sunday, ...monday].map(told))).toEqual([
      ["2026-W14", 3],
      ["2026-W15", 3],
    ]);
  });

  it("does not count where its timestamp is none", async () => {
    const event = at("12:00");
    const timeless = { ...event, context: { ...event.context, timestamp: "yesterday" } } as typeof event;
    expect(await countOf([timeless])).toEqual([]);
  });

  it("is counted exactly, however many there are", async () => {
    const events = Array.from({ length: 1_100 }, (_, version) =>
      deployed("2026-03-31 12:00", "shop", `pkg:oci/shop@${version}`),
    );
    expect(await countOf(events)).toEqual([["2026-W14", 1_100]]);
  });
});

describe("environments", () => {
  const events = ["production", "PRODUCTION", "prod-eu", "staging"].map((environment, version) =>
    deployed("2026-03-31 12:00", "shop", `pkg:oci/shop@${version}`, { environment }),
  );

  it("are those with the id production, whatever its case", async () => {
    expect(await countOf(events)).toEqual([["2026-W14", 2]]);
  });

  it("are those that are named, or that a function takes", async () => {
    expect(await countOf(events, { environments: ["Prod-EU", "staging"] })).toEqual([["2026-W14", 2]]);
    const environments = ({ id }: { id: string }) => id.startsWith("prod");
    expect(await countOf(events, { environments })).toEqual([["2026-W14", 2]]);
  });

  it("cannot be none", async () => {
    await expect(reportOf([], { environments: [] })).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });
});

describe("names of services", () => {
  it("are told apart, whatever characters they have and however long they are", async () => {
    const long = "x".repeat(1_000);
    const names = [
      "shop",
      "shop/eu",
      "shop%2Feu",
      "shop2",
      "__proto__",
      "店",
      "\ud800",
      `${long}1`,
      `${long}2`,
    ];
    const events = names.map((name, version) => deployed("2026-03-31 12:00", name, `pkg:oci/app@${version}`));
    const rows = await reportOf(events);
    expect(rows.map(({ service, deployments }) => [service, deployments])).toEqual(
      names.sort().map((name) => [name, 1]),
    );
  });
});
