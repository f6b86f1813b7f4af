import { describe, expect, it } from "vitest";
import { translateGitHub } from "../src/index.js";
import { deliveries, expectValid } from "./examples.js";

/** Events with examples that become CDEvents: translated, ignored, refused. All others are ignored as a whole. */
const expected: Readonly<Record<string, readonly [number, number, number]>> = {
  create: [0, 5, 0],
  delete: [0, 4, 0],
  deployment: [4, 0, 0],
  deployment_status: [3, 1, 0],
  issues: [23, 6, 0],
  package: [3, 0, 0],
  pull_request: [15, 14, 0],
  pull_request_review: [3, 1, 0],
  push: [2, 5, 0],
  release: [3, 10, 0],
  repository: [13, 0, 0],
  workflow_job: [5, 3, 0],
  workflow_run: [5, 0, 0],
};

const types: Readonly<Record<string, number>> = {
  "dev.cdevents.artifact.published.0.3.0": 6,
  "dev.cdevents.branch.created.0.3.0": 2,
  "dev.cdevents.change.abandoned.0.3.0": 2,
  "dev.cdevents.change.created.0.4.0": 4,
  "dev.cdevents.change.reviewed.0.3.0": 3,
  "dev.cdevents.change.updated.0.3.0": 9,
  "dev.cdevents.pipelinerun.finished.0.3.0": 3,
  "dev.cdevents.pipelinerun.queued.0.3.0": 2,
  "dev.cdevents.repository.created.0.3.0": 2,
  "dev.cdevents.repository.modified.0.3.0": 11,
  "dev.cdevents.service.deployed.0.3.0": 3,
  "dev.cdevents.taskrun.finished.0.3.0": 2,
  "dev.cdevents.taskrun.started.0.3.0": 3,
  "dev.cdevents.ticket.closed.0.2.0": 2,
  "dev.cdevents.ticket.created.0.2.0": 4,
  "dev.cdevents.ticket.updated.0.2.0": 17,
  "dev.cdeventsx.github-deployment.requested.0.1.0": 4,
};

describe("the 329 real payloads", () => {
  const translations = deliveries.map((delivery) => ({ delivery, translation: translateGitHub(delivery) }));
  const events = translations.flatMap(({ translation }) =>
    translation.outcome === "translated" ? translation.events : [],
  );

  it("are all there", () => {
    expect(deliveries).toHaveLength(329);
    expect(new Set(deliveries.map(({ event }) => event)).size).toBe(58);
  });

  it("have the outcomes that are written down", () => {
    const counts: Record<string, [number, number, number]> = {};
    for (const { delivery, translation } of translations) {
      counts[delivery.event] ??= [0, 0, 0];
      const row = counts[delivery.event] ?? [0, 0, 0];
      if (translation.outcome === "translated") row[0]++;
      else if (translation.outcome === "ignored") row[1]++;
      else row[2]++;
    }
    for (const [event, row] of Object.entries(counts)) {
      expect([event, row]).toEqual([event, expected[event] ?? [0, row[0] + row[1] + row[2], 0]]);
    }
    expect(Object.keys(counts)).toEqual(expect.arrayContaining(Object.keys(expected)));
  });

  it("become the events that are written down", () => {
    const counts: Record<string, number> = {};
    for (const { context } of events) counts[context.type] = (counts[context.type] ?? 0) + 1;
    expect(counts).toEqual(types);
  });

  it("become events that fit their schemas and are valid CloudEvents", async () => {
    for (const event of events) await expectValid(event);
  });

  it("become events with an id each", () => {
    expect(new Set(events.map(({ context }) => context.id)).size).toBe(events.length);
  });

  it("become the same events again", () => {
    for (const { delivery, translation } of translations)
      expect(translateGitHub(delivery)).toEqual(translation);
  });

  it("are left as they were", () => {
    for (const { delivery } of translations) {
      const before = JSON.stringify(delivery.payload);
      translateGitHub(delivery);
      expect(JSON.stringify(delivery.payload)).toBe(before);
    }
  });
});
