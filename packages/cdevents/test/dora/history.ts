/**
 * Three weeks of two services, to be checked by hand. Times are UTC. 2026-03-30 is the Monday of 2026-W14.
 *
 * | service | week | deployed to production           | changes first deployed: merged to deployed (created to deployed) |
 * |---------|------|----------------------------------|-------------------------------------------------------------------|
 * | shop    | W14  | @1 on 30 March 12:00             | c1: 2 h (4 h)                                                     |
 * |         |      | @2 on 1 April 15:00, told twice  | c2: 6 h (30 h), c3: 3 h (7 h)                                     |
 * |         |      | @3 on 5 April 23:50, told again on Monday | c4: 24 h (48 h)                                          |
 * |         | W15  | @4 on 9 April 12:00              | c5, by its chain: 1 h (3 h)                                       |
 * |         | W16  | @5 on 14 April 18:00             | c6, by its commit: 8 h (32 h)                                     |
 * |         |      | @3 on 15 April 09:00 once more   | none: c4 was there before                                         |
 * | pay     | W15  | @1 on 6 April 09:00              | none is known                                                     |
 * |         | W16  | @2 on 13 April 09:00             | p1: merged after it, so no lead time from its merge (2 h)         |
 *
 * | trouble                                   | goes back to        | begins in | over after |
 * |-------------------------------------------|---------------------|-----------|------------|
 * | i1 of shop, 1 April 16:00                 | shop @2, W14        | W14       | 1.5 h      |
 * | i2 of artifact shop @3, 7 April 10:00     | shop @3, W14        | W15       | 168 h      |
 * | rollback of shop, 9 April 12:20           | shop @4, W15        |           |            |
 * | i3 of shop, 19 April 20:00                | shop @3, W16        | W16       | not yet    |
 * | i4 of pay, 6 April 08:00, told two times  | nothing before it   | W15       | 0.75 h     |
 * | i5 of pay in staging, 13 April 12:00      | does not count      |           |            |
 * | i6 of production, 8 April 07:00           | no service is named | W15       | 0.5 h      |
 */
import type { DoraWeek } from "../../src/index.js";
import {
  created,
  type DoraEvent,
  deployed,
  detected,
  merged,
  packaged,
  published,
  reported,
  resolved,
  rolledBack,
  upgraded,
} from "./events.js";

const shop = (version: number) => `pkg:oci/shop@sha256%3A${version}`;
const pay = (version: number) => `pkg:oci/pay@sha256%3A${version}`;

export const history: readonly DoraEvent[] = [
  created("2026-03-30 08:00", "c1"),
  merged("2026-03-30 10:00", "c1"),
  packaged("2026-03-30 10:30", shop(1), "c1"),
  deployed("2026-03-30 12:00", "shop", shop(1)),

  created("2026-03-31 09:00", "c2"),
  merged("2026-04-01 09:00", "c2"),
  created("2026-04-01 08:00", "c3"),
  merged("2026-04-01 12:00", "c3"),
  packaged("2026-04-01 12:30", shop(2), "c2"),
  packaged("2026-04-01 12:30", shop(2), "c3"),
  deployed("2026-04-01 13:00", "shop", shop(2), { environment: "staging" }),
  upgraded("2026-04-01 15:00", "shop", shop(2)),
  deployed("2026-04-01 15:05", "shop", shop(2), { environment: "Production", source: "/argo" }),
  detected("2026-04-01 16:00", "i1", { service: "shop" }),
  resolved("2026-04-01 17:30", "i1", { service: "shop" }),

  created("2026-04-03 23:50", "c4"),
  merged("2026-04-04 23:50", "c4"),
  packaged("2026-04-05 23:00", shop(3), "c4"),
  deployed("2026-04-05 23:50", "shop", shop(3)),
  deployed("2026-04-06 00:02", "shop", shop(3), { source: "/argo" }),
  detected("2026-04-07 10:00", "i2", { artifactId: shop(3) }),
  resolved("2026-04-14 10:00", "i2"),

  created("2026-04-09 09:00", "c5", { chainId: "head-of-c5" }),
  merged("2026-04-09 11:00", "c5", { chainId: "merge-of-c5" }),
  deployed("2026-04-09 12:00", "shop", shop(4), { chainId: "merge-of-c5" }),
  rolledBack("2026-04-09 12:20", "shop", shop(3)),

  created("2026-04-13 10:00", "c6", { customData: { headSha: "abc" } }),
  merged("2026-04-14 10:00", "c6", { customData: { headSha: "abc", mergeSha: "def" } }),
  packaged("2026-04-14 12:00", shop(5), "def"),
  deployed("2026-04-14 18:00", "shop", shop(5)),
  deployed("2026-04-15 09:00", "shop", shop(3)),
  reported("2026-04-19 20:00", "i3", { service: "shop" }),

  detected("2026-04-06 08:00", "i4", { service: "pay" }),
  reported("2026-04-06 08:10", "i4", { service: "pay" }),
  resolved("2026-04-06 08:45", "i4", { service: "pay" }),
  deployed("2026-04-06 09:00", "pay", pay(1)),
  created("2026-04-13 07:00", "p1", { chainId: "p1" }),
  published("2026-04-13 08:00", pay(2), { chainId: "p1" }),
  deployed("2026-04-13 09:00", "pay", pay(2)),
  merged("2026-04-13 09:30", "p1"),
  detected("2026-04-13 12:00", "i5", { service: "pay", environment: "staging" }),
  resolved("2026-04-13 12:30", "i5", { service: "pay", environment: "staging" }),
  detected("2026-04-08 07:00", "i6"),
  resolved("2026-04-08 07:30", "i6"),
];

const hours = (count: number) => Math.round(count * 3_600_000);

/** What the tables above come to. */
export const expected: readonly DoraWeek[] = [
  {
    service: "pay",
    week: "2026-W15",
    deployments: 1,
    failures: 0,
    changeFailureRate: 0,
    leadTimeMs: undefined,
    incidents: 1,
    unresolved: 0,
    timeToRestoreMs: { median: hours(0.75), p90: hours(0.75), samples: 1 },
  },
  {
    service: "pay",
    week: "2026-W16",
    deployments: 1,
    failures: 0,
    changeFailureRate: 0,
    leadTimeMs: undefined,
    incidents: 0,
    unresolved: 0,
    timeToRestoreMs: undefined,
  },
  {
    service: "shop",
    week: "2026-W14",
    deployments: 3,
    failures: 2,
    changeFailureRate: 2 / 3,
    // Of 2, 3, 6 and 24 hours: between 3 and 6; seven tenths of the way from 6 to 24.
    leadTimeMs: { median: hours(4.5), p90: hours(18.6), samples: 4 },
    incidents: 1,
    unresolved: 0,
    timeToRestoreMs: { median: hours(1.5), p90: hours(1.5), samples: 1 },
  },
  {
    service: "shop",
    week: "2026-W15",
    deployments: 1,
    failures: 1,
    changeFailureRate: 1,
    leadTimeMs: { median: hours(1), p90: hours(1), samples: 1 },
    incidents: 1,
    unresolved: 0,
    timeToRestoreMs: { median: hours(168), p90: hours(168), samples: 1 },
  },
  {
    service: "shop",
    week: "2026-W16",
    deployments: 2,
    failures: 1,
    changeFailureRate: 0.5,
    leadTimeMs: { median: hours(8), p90: hours(8), samples: 1 },
    incidents: 1,
    unresolved: 1,
    timeToRestoreMs: undefined,
  },
  {
    service: "",
    week: "2026-W15",
    deployments: 0,
    failures: 0,
    changeFailureRate: undefined,
    leadTimeMs: undefined,
    incidents: 1,
    unresolved: 0,
    timeToRestoreMs: { median: hours(0.5), p90: hours(0.5), samples: 1 },
  },
];

/** The same from the creation of changes. Of 4, 7, 30 and 48 hours in the first week of shop. */
export const expectedFromCreation: readonly (DoraWeek["leadTimeMs"] | undefined)[] = [
  undefined,
  { median: hours(2), p90: hours(2), samples: 1 },
  { median: hours(18.5), p90: hours(42.6), samples: 4 },
  { median: hours(3), p90: hours(3), samples: 1 },
  { median: hours(32), p90: hours(32), samples: 1 },
  undefined,
];
