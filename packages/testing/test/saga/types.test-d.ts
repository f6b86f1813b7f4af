import type { MeshEvent, SagaHistory } from "@meshwright/core";
import { expectTypeOf, test } from "vitest";
import type { SagaHarness } from "../../src/index.js";
import { published } from "./support.js";

declare const harness: SagaHarness;

test("what is given is typed by its definition", () => {
  expectTypeOf(harness.given(published, { digest: "sha256:1" }, { subject: "web" })).toEqualTypeOf<
    Promise<MeshEvent>
  >();
  expectTypeOf(harness.instance("sha256:1")).toEqualTypeOf<Promise<SagaHistory | undefined>>();
  // @ts-expect-error not a text
  void harness.given(published, { digest: 1 });
  // @ts-expect-error no such field
  void harness.when(published, { digest: "sha256:1", other: 1 });
  // @ts-expect-error it belongs to no transaction
  void harness.given(published, { digest: "sha256:1" }, { tx: undefined as never });
  // @ts-expect-error it declares no extensions
  void harness.given(published, { digest: "sha256:1" }, { extensions: { stage: "x" } });
});
