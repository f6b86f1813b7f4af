/** The dialects of the CloudEvents Subscriptions API, section 3.2.4.1. */
import { cases, eventWith, type FilterCase } from "./make-cases.js";

const push = eventWith({ type: "com.github.push", subject: "cloudevents/spec" });

export const dialectCases: readonly FilterCase[] = [
  ...cases(
    { exact: { type: "com.github.push" } },
    {
      yes: [push],
      no: [
        eventWith({ type: "com.github.pus" }),
        eventWith({ type: "com.github.pushed" }),
        eventWith({ type: "com.github.PUSH" }),
      ],
    },
  ),
  ...cases(
    { exact: { type: "com.github.push", subject: "cloudevents/spec" } },
    {
      yes: [push],
      no: [eventWith({ type: "com.github.push" }), eventWith({ type: "com.github.push", subject: "x" })],
    },
  ),
  ...cases(
    { prefix: { type: "com.github.", subject: "cloudevents/" } },
    {
      yes: [push],
      no: [
        eventWith({ type: "com.github.push" }),
        eventWith({ subject: "cloudevents/", type: "com.gitlab" }),
      ],
    },
  ),
  ...cases(
    { prefix: { type: "a.b" } },
    { yes: [eventWith({ type: "a.b" })], no: [eventWith({ type: "A.b" }), eventWith({ type: "xa.b" })] },
  ),
  ...cases(
    { suffix: { type: ".push", subject: "/spec" } },
    { yes: [push], no: [eventWith({ type: "a.push" }), eventWith({ type: "a.push", subject: "/spec/" })] },
  ),
  ...cases(
    { exact: { subject: "x" } },
    { no: [eventWith({}), eventWith({ subject: undefined }), eventWith({ subject: null })] },
  ),
  ...cases(
    { exact: { severitynumber: "7" } },
    {
      yes: [eventWith({ severitynumber: 7 }), eventWith({ severitynumber: "7" })],
      no: [eventWith({ severitynumber: 70 })],
    },
  ),
  ...cases(
    { prefix: { severitynumber: "-2" } },
    { yes: [eventWith({ severitynumber: -2147483648 })], no: [eventWith({ severitynumber: 2 })] },
  ),
  ...cases(
    { exact: { sampled: "true" } },
    { yes: [eventWith({ sampled: true })], no: [eventWith({ sampled: false })] },
  ),
  ...cases(
    { suffix: { sampled: "lse" } },
    { yes: [eventWith({ sampled: false })], no: [eventWith({ sampled: true })] },
  ),
  // Inherited properties are no attributes.
  ...cases({ prefix: { constructor: "f" } }, { no: [eventWith({})] }),
  // Attributes that have the name of a dialect.
  ...cases({ exact: { all: "x" } }, { yes: [eventWith({ all: "x" })], no: [eventWith({ all: "y" })] }),
  ...cases(
    { $or: [{ any: [{ prefix: "x" }] }] },
    { yes: [eventWith({ any: "xy" })], no: [eventWith({ any: "y" }), eventWith({})] },
  ),
  ...cases(
    { all: [{ prefix: { type: "com." } }, { suffix: { type: ".push" } }] },
    { yes: [push], no: [eventWith({ type: "com.pull" }), eventWith({ type: "org.push" })] },
  ),
  ...cases(
    { any: [{ exact: { type: "a" } }, { exact: { type: "b" } }] },
    { yes: [eventWith({ type: "a" }), eventWith({ type: "b" })], no: [eventWith({ type: "c" })] },
  ),
  ...cases(
    { not: { exact: { subject: "x" } } },
    { yes: [eventWith({}), eventWith({ subject: "y" })], no: [eventWith({ subject: "x" })] },
  ),
  ...cases(
    {
      all: [
        { any: [{ exact: { type: "a" } }] },
        { not: { data: { f: ["x"] } } },
        (event: { id: string }) => event.id === "1",
      ],
    },
    {
      yes: [eventWith({ type: "a" }), eventWith({ type: "a", data: { f: "y" } })],
      no: [
        eventWith({ type: "a", data: { f: "x" } }),
        eventWith({ type: "a", id: "2" }),
        eventWith({ type: "b" }),
      ],
    },
  ),
  ...cases((event: { type: string }) => event.type.length === 3, {
    yes: [eventWith({})],
    no: [eventWith({ type: "a" })],
  }),
];
