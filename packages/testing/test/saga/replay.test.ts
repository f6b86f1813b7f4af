import { JournalMismatchError, type Saga, type SagaHistory, saga } from "@meshwright/core";
import { expect, test } from "vitest";
import { replaySaga, sagaHarness } from "../../src/index.js";
import { catalog, digest, gateway, key, published, released, rollout, scanFinished } from "./support.js";

const options = { startedBy: published, key, events: [scanFinished] } as const;

/** An instance that waits for its second approval. */
async function recorded(subject: Saga): Promise<SagaHistory> {
  await using harness = await sagaHarness(subject, { catalog });
  await harness.given(published, { digest });
  await harness.signal(digest, "first");
  const history = await harness.instance(digest);
  // As it comes from a file.
  return JSON.parse(JSON.stringify(history)) as SagaHistory;
}

const before = saga("release", options, async (run, start) => {
  const at = run.now();
  await run.step("notify", () => "sent");
  await run.signal("first");
  await run.signal("second");
  await run.publish(released, { digest: start.data.digest, by: String(at) });
});

test("code that fits goes through, and does no step", async () => {
  const history = await recorded(before);
  let done = 0;
  const refactored = saga("release", options, async (run, start) => {
    run.now();
    await run.step("notify", () => ++done);
    for (const name of ["first", "second"]) await run.signal(name);
    if (run.patched("thanks")) await run.step("thank", () => ++done);
    await run.publish(released, { digest: start.data.digest, by: "x" });
  });
  await replaySaga(refactored, [history, history]);
  expect(done).toBe(0);
});

test("changed code is told, with the instance", async () => {
  const history = await recorded(before);
  const changed = saga("release", options, async (run) => {
    run.now();
    await run.signal("first");
    await run.step("notify", () => "sent");
  });
  const replaying = replaySaga(changed, [history]);
  await expect(replaying).rejects.toThrow(JournalMismatchError);
  await expect(replaying).rejects.toMatchObject({
    code: "SAGA_JOURNAL_MISMATCH",
    command: 1,
    expected: 'step "notify"',
    found: 'wait "first"',
    message: expect.stringContaining(`instance "${digest}"`),
  });
});

test("so is code that ends too early, or too late", async () => {
  const history = await recorded(before);
  const early = saga("release", options, async (run) => {
    run.now();
    await run.step("notify", () => "sent");
  });
  await expect(replaySaga(early, [history])).rejects.toMatchObject({ code: "SAGA_JOURNAL_MISMATCH" });
  const ended = {
    ...history,
    journal: [...history.journal, { kind: "end", state: "completed" }],
  } as SagaHistory;
  await expect(replaySaga(before, [ended])).rejects.toMatchObject({ code: "SAGA_JOURNAL_MISMATCH" });
});

test("histories of several versions, each with its own code", async () => {
  const history = await recorded(before);
  const next = saga("release", { ...options, version: 2 }, async (run) => void (await run.signal("only")));
  const second = await recorded(next);
  await replaySaga([before, next], [history, second]);
  await expect(replaySaga(next, [history])).rejects.toMatchObject({ code: "SAGA_VERSION_MISSING" });
  await expect(replaySaga(rollout(gateway), [history])).rejects.toMatchObject({
    code: "SAGA_HISTORY_FOREIGN",
  });
});

test("instances that have ended, whichever way, fit the code that they ran with", async () => {
  const world = gateway();
  const subject = rollout(() => world);
  await using harness = await sagaHarness(subject, { catalog });
  for (const [at, critical] of [0, 1].entries()) {
    await harness.when(published, { digest: `sha256:${at}` });
    const [request] = harness.published;
    await harness.given(scanFinished, { digest, critical }, { causationid: request?.id ?? "" });
  }
  await harness.skip("2d");
  const histories = await Promise.all([0, 1].map((at) => harness.instance(`sha256:${at}`)));
  expect(histories.map((history) => history?.state)).toEqual(["completed", "failed"]);
  const { length } = world.done;
  await replaySaga(subject, histories as SagaHistory[]);
  expect(world.done.length).toBe(length);
});

test("code that waits for what is not of run is astray", async () => {
  const slow = saga("slow", options, async (run) => {
    await run.step("one", () => 1);
    await run.step("two", () => new Promise(() => undefined));
  });
  await using harness = await sagaHarness(slow, { catalog, patience: "1ms" });
  await harness.given(published, { digest });
  const history = (await harness.instance(digest)) as SagaHistory;
  await replaySaga(slow, [history]);
  const astray = saga("slow", options, async (run) => {
    await run.step("one", () => 1);
    await new Promise(() => undefined);
  });
  await expect(replaySaga(astray, [history])).rejects.toMatchObject({ code: "SAGA_ASTRAY" });
});
