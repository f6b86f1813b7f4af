import { bridge, type MeshEvent } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { eventually, makeMesh } from "./support.js";

describe("bridge", () => {
  function region(domain: string) {
    const seen: MeshEvent[] = [];
    const mesh = makeMesh({ service: domain, domain });
    mesh.on("*", { name: "all" }, (event) => seen.push(event));
    return { mesh, seen };
  }

  it("forwards with the same identity, filtered and mapped", async () => {
    const us = region("us");
    const eu = region("eu");
    bridge({
      name: "to-eu",
      from: us.mesh,
      to: eu.mesh,
      types: "com.acme.scan.*",
      where: { data: { digest: [{ "anything-but": "private" }] } },
      map: (event) => (event.subject === "drop" ? undefined : { ...event, id: "changed", subject: "mapped" }),
    });
    await eu.mesh.start();
    await us.mesh.start();
    await us.mesh.publish("com.acme.scan.started.v1", { digest: "private" });
    await us.mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { subject: "drop" });
    await us.mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    const event = await us.mesh.publish("com.acme.scan.started.v1", { digest: "public" });
    await eventually("the forwarded event", () => eu.seen.length === 1);
    expect(eu.seen[0]).toMatchObject({
      id: event.id,
      source: "/us",
      subject: "mapped",
      data: { digest: "public" },
    });
    expect(eu.seen[0]).toMatchObject({ meshhops: "us" });
  });

  it("cuts loops: no event comes into a domain twice", async () => {
    const regions = ["us", "eu", "ap"].map(region);
    for (const from of regions) {
      for (const to of regions) {
        if (from !== to) bridge({ name: `to-${to.mesh.domain}`, from: from.mesh, to: to.mesh });
      }
    }
    await Promise.all(regions.map(({ mesh }) => mesh.start()));
    const [us, eu, ap] = regions;
    await us?.mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    const idle = async (): Promise<boolean> => {
      const healths = await Promise.all(regions.map(({ mesh }) => mesh.health()));
      return healths.every(({ groups }) => groups.every(({ lag }) => lag === 0));
    };
    await eventually("it is everywhere", () => [us, eu, ap].every((one) => (one?.seen.length ?? 0) > 0));
    await eventually("everything is settled", idle);
    expect(us?.seen).toHaveLength(1);
    // Two ways lead to each of the others: directly, and over the third.
    expect([eu?.seen.length, ap?.seen.length]).toEqual([2, 2]);
  });

  it("refuses two ends in one domain", () => {
    const [a, b] = [makeMesh(), makeMesh()];
    expect(() => bridge({ name: "x", from: a, to: b })).toThrow(
      expect.objectContaining({ code: "BRIDGE_SAME_DOMAIN" }),
    );
  });
});
