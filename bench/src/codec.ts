import { formatEvent, parseEvent } from "@meshwright/core";
import { HTTP } from "cloudevents";
import type { Comparison } from "./harness.js";
import { catalog, event, text } from "./sample.js";

const ours = "meshwright: decode + validate + encode";
const sdk = "cloudevents SDK: toEvent + encode";

/** A structured 1 KB event, in and out again, against bare JSON and the CloudEvents SDK. */
export async function codec(): Promise<Comparison> {
  await catalog.compile();
  return {
    title: "Codec: a structured event in and out again",
    unit: "event",
    times: 20_000,
    contestants: [
      {
        name: "JSON.parse + JSON.stringify",
        run: (times) => repeat(times, () => JSON.stringify(JSON.parse(text))),
      },
      {
        name: "meshwright: decode + encode",
        run: (times) => repeat(times, () => formatEvent(parseEvent(text))),
      },
      { name: ours, run: (times) => repeat(times, roundTrip) },
      { name: sdk, run: (times) => repeat(times, sdkRoundTrip) },
    ],
    goals: { [ours]: 0.7 },
  };
}

/** The same, with the SDK as the measure. */
export async function codecAgainstSdk(): Promise<Comparison> {
  const { contestants, ...rest } = await codec();
  const both = [sdk, ours].flatMap((name) => contestants.filter((contestant) => contestant.name === name));
  return {
    ...rest,
    title: "Codec against the CloudEvents SDK",
    contestants: both,
    times: 4_000,
    goals: { [ours]: 4 },
  };
}

/** What validation adds. */
export async function validation(): Promise<Comparison> {
  await catalog.compile();
  const entry = catalog.entry(event.type);
  if (entry === undefined) throw new Error("the sample's type is not in its catalog");
  return {
    title: "Validation of the data of a decoded event",
    unit: "event",
    times: 200_000,
    contestants: [
      { name: "JSON.parse of it, for scale", run: (times) => repeat(times, () => JSON.parse(text)) },
      { name: "meshwright: validate", run: (times) => repeat(times, () => entry.validate(event)) },
    ],
  };
}

function roundTrip(): string {
  const decoded = parseEvent(text);
  if (!catalog.validate(decoded).ok) throw new Error("the sample does not fit its own schema");
  return formatEvent(decoded);
}

const headers = { "content-type": "application/cloudevents+json" };

function sdkRoundTrip(): unknown {
  const decoded = HTTP.toEvent({ headers, body: text });
  if (Array.isArray(decoded)) throw new Error("one event is no batch");
  return HTTP.structured(decoded);
}

function repeat(times: number, once: () => unknown): void {
  for (let i = 0; i < times; i++) once();
}
