import { describe, expect, it } from "vitest";
import { created, deployed, merged, packaged, published } from "./events.js";
import { reportOf } from "./kit.js";

const artifact = "pkg:oci/shop@1";
const minutes = (count: number) => ({ median: count * 60_000, p90: count * 60_000, samples: 1 });

describe("changes and deployments", () => {
  it("are joined when the deployment is told before its artifact, and the artifact before its change", async () => {
    const [row] = await reportOf([
      deployed("2026-03-30 12:00", "shop", artifact),
      packaged("2026-03-30 11:00", artifact, "c1"),
      merged("2026-03-30 10:00", "c1"),
    ]);
    expect(row?.leadTimeMs).toEqual(minutes(120));
  });

  it("are joined by a chain that the change and the artifact share", async () => {
    const [row] = await reportOf([
      merged("2026-03-30 10:00", "c1", { chainId: "x" }),
      deployed("2026-03-30 12:00", "shop", artifact),
      published("2026-03-30 11:00", artifact, { chainId: "x" }),
    ]);
    expect(row?.leadTimeMs).toEqual(minutes(120));
  });

  it("are not joined by an artifact id without a version, which every build has", async () => {
    const [row] = await reportOf([
      merged("2026-03-30 10:00", "c1"),
      packaged("2026-03-30 11:00", "pkg:oci/shop", "c1"),
      deployed("2026-03-30 12:00", "shop", "pkg:oci/shop"),
    ]);
    expect(row).toMatchObject({ deployments: 1, leadTimeMs: undefined });
  });

  it("are joined by artifact ids that are no package URLs", async () => {
    const [row] = await reportOf([
      merged("2026-03-30 10:00", "c1"),
      packaged("2026-03-30 11:00", "0b31b1c0", "c1"),
      deployed("2026-03-30 12:00", "shop", "0b31b1c0"),
    ]);
    expect(row?.leadTimeMs).toEqual(minutes(120));
  });

  it("count in the week of the first deployment, also when that is told later than the second", async () => {
    const events = [
      merged("2026-03-30 10:00", "c1"),
      packaged("2026-03-30 11:00", artifact, "c1"),
      deployed("2026-04-08 10:00", "shop", artifact),
    ];
    const leadTimes = async (told: typeof events) =>
      (await reportOf(told)).map(({ week, leadTimeMs }) => [week, leadTimeMs?.samples]);
    expect(await leadTimes(events)).toEqual([["2026-W15", 1]]);
    events.push(deployed("2026-04-01 10:00", "shop", artifact));
    expect(await leadTimes(events)).toEqual([
      ["2026-W14", 1],
      ["2026-W15", undefined],
    ]);
  });

  it("count for each service that the change came to", async () => {
    const rows = await reportOf([
      merged("2026-03-30 10:00", "c1"),
      packaged("2026-03-30 11:00", artifact, "c1"),
      deployed("2026-03-30 12:00", "shop", artifact),
      deployed("2026-03-30 13:00", "worker", artifact),
    ]);
    expect(rows.map(({ service, leadTimeMs }) => [service, leadTimeMs])).toEqual([
      ["shop", minutes(120)],
      ["worker", minutes(180)],
    ]);
  });

  it("keep the first of several reports of a merge", async () => {
    const [row] = await reportOf([
      merged("2026-03-30 10:10", "c1"),
      merged("2026-03-30 10:00", "c1", { source: "/mirror" }),
      packaged("2026-03-30 11:00", artifact, "c1"),
      deployed("2026-03-30 12:00", "shop", artifact),
    ]);
    expect(row?.leadTimeMs).toEqual(minutes(120));
  });
});

describe("nameOf", () => {
  const events = [
    merged("2026-03-30 10:00", "7", { source: "/shop" }),
    merged("2026-03-30 11:30", "7", { source: "/pay" }),
    packaged("2026-03-30 11:40", artifact, "7", { source: "/pay" }),
    deployed("2026-03-30 12:00", "service/pay", artifact, { source: "/argo" }),
  ];

  it("tells changes apart whose ids are unique in their source only", async () => {
    expect((await reportOf(events))[0]?.leadTimeMs).toEqual(minutes(120));
    const nameOf = ({ kind, id, source }: { kind: string; id: string; source: string }) =>
      kind === "change" ? `${source}#${id}` : id.replace("service/", "");
    const [row] = await reportOf(events, { nameOf });
    expect(row).toMatchObject({ service: "pay", leadTimeMs: minutes(30) });
  });

  it("is given the source that a reference or a subject names, else that of the event", async () => {
    const seen: string[] = [];
    const packagedFrom = packaged("2026-03-30 11:40", artifact, "7", { source: "/ci" });
    const { subject } = packagedFrom;
    const named = {
      ...packagedFrom,
      subject: { ...subject, content: { change: { id: "8", source: "/git" } } },
    };
    const nameOf = ({ kind, id, source }: { kind: string; id: string; source: string }) => {
      seen.push(`${kind} ${id} of ${source}`);
      return id;
    };
    await reportOf([packagedFrom, named as typeof packagedFrom, created("2026-03-30 11:00", "9")], {
      nameOf,
    });
    expect(seen).toEqual(["change 7 of /ci", "change 8 of /git", "change 9 of https://ci.example/acme"]);
  });
});
