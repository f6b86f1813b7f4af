import { createMesh, type MeshEvent, memoryBroker } from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";
import { catalog } from "./support.js";

const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker() });

describe("on", () => {
  it("types the event by its name", () => {
    mesh.on("com.acme.artifact.published.v1", (event) => {
      expectTypeOf(event.data.digest).toEqualTypeOf<string>();
      expectTypeOf(event.data.size).toEqualTypeOf<number | undefined>();
      // @ts-expect-error the schema has no such property
      event.data.sha;
    });
  });

  it("types patterns and lists as unions that `type` narrows", () => {
    mesh.on("com.acme.scan.*", { name: "audit", concurrency: 2 }, (event) => {
      expectTypeOf(event.type).toEqualTypeOf<"com.acme.scan.started.v1" | "com.acme.scan.finished.v1">();
      if (event.type === "com.acme.scan.finished.v1") {
        expectTypeOf(event.data.critical).toEqualTypeOf<number>();
        expectTypeOf(event.severitynumber).toEqualTypeOf<number | undefined>();
      }
    });
    mesh.on(["com.acme.artifact.published.v1", "com.acme.scan.started.v1"], (event) => {
      expectTypeOf(event.data.digest).toEqualTypeOf<string>();
    });
  });

  it("refuses names and patterns that match nothing, and options that do not exist", () => {
    // @ts-expect-error a typo
    mesh.on("com.acme.artifact.publisht.v1", () => undefined);
    // @ts-expect-error no event matches
    mesh.on("org.other.*", () => undefined);
    // @ts-expect-error a typo in one of several
    mesh.on(["com.acme.scan.started.v1", "com.acme.scan.startet.v1"], () => undefined);
    // @ts-expect-error no such option
    mesh.on("com.acme.scan.*", { retries: 3 }, () => undefined);
    // @ts-expect-error no such field in the data
    mesh.on("com.acme.scan.started.v1", { where: { data: { digset: ["x"] } } }, () => undefined);
  });
});

describe("publish", () => {
  it("takes the data of the type, and says what it published", () => {
    const published = () => mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { subject: "web" });
    expectTypeOf(published).returns.resolves.toExtend<
      MeshEvent<"com.acme.scan.started.v1", { readonly digest: string }>
    >();
    void (() =>
      mesh.publish(
        "com.acme.scan.finished.v1",
        { digest: "d", critical: 1 },
        { extensions: { severitynumber: 1 } },
      ));
  });

  it("refuses wrong names, wrong data, missing data and unknown options", () => {
    // @ts-expect-error a typo
    void (() => mesh.publish("com.acme.scan.startet.v1", { digest: "d" }));
    // @ts-expect-error a pattern is no type
    void (() => mesh.publish("com.acme.scan.*", { digest: "d" }));
    // @ts-expect-error a number is no digest
    void (() => mesh.publish("com.acme.scan.started.v1", { digest: 1 }));
    // @ts-expect-error `critical` is missing
    void (() => mesh.publish("com.acme.scan.finished.v1", { digest: "d" }));
    void (() =>
      // @ts-expect-error the definition declares no such extension
      mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { extensions: { severitynumber: 1 } }));
    // @ts-expect-error no such option
    void (() => mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { subjekt: "web" }));
    // @ts-expect-error the second entry does not fit its type
    void (() => mesh.publishAll([{ type: "com.acme.scan.finished.v1", data: { digest: "d" } }]));
  });

  it("is typed inside handlers too", () => {
    mesh.on("com.acme.scan.started.v1", (event, ctx) => {
      ctx.publish("com.acme.scan.finished.v1", { digest: event.data.digest, critical: 0 });
      // @ts-expect-error a typo
      ctx.publish("com.acme.scan.finisht.v1", { digest: event.data.digest, critical: 0 });
      // @ts-expect-error a text is no count
      ctx.publish("com.acme.scan.finished.v1", { digest: event.data.digest, critical: "0" });
    });
  });
});
