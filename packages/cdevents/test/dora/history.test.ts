import { describe, expect, it } from "vitest";
import { expected, expectedFromCreation, history } from "./history.js";
import { reportOf } from "./kit.js";

describe("doraReport of a history that was computed by hand", () => {
  it("has its rows, by service and week", async () => {
    expect(await reportOf(history)).toEqual(expected);
  });

  it("measures from the creation of changes where it is asked to", async () => {
    const rows = await reportOf(history, { leadTimeFrom: "change.created" });
    expect(rows.map(({ leadTimeMs }) => leadTimeMs)).toEqual(expectedFromCreation);
  });

  it("has the same rows for one service, and for a part of the weeks", async () => {
    const ofShop = expected.filter(({ service }) => service === "shop");
    expect(await reportOf(history, { service: "shop" })).toEqual(ofShop);
    expect(await reportOf(history, { from: "2026-W16" })).toEqual(
      expected.filter(({ week }) => week === "2026-W16"),
    );
    expect(await reportOf(history, { service: "shop", to: "2026-W14" })).toEqual(ofShop.slice(0, 1));
    // What began in W14 matters here: a deployment is told again, and an incident names an artifact.
    expect(await reportOf(history, { from: "2026-W15", to: "2026-W15" })).toEqual(
      expected.filter(({ week }) => week === "2026-W15"),
    );
  });

  it("has rows for quiet weeks where both ends are given", async () => {
    const rows = await reportOf(history, { from: "2026-W13", to: "2026-W14" });
    expect(rows.map(({ service, week, deployments }) => [service, week, deployments])).toEqual([
      ["pay", "2026-W13", 0],
      ["pay", "2026-W14", 0],
      ["shop", "2026-W13", 0],
      ["shop", "2026-W14", 3],
    ]);
  });
});
