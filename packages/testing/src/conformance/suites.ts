import { b01 } from "./b01-durable-publish.js";
import { b02 } from "./b02-every-group.js";
import { b03 } from "./b03-one-at-a-time.js";
import { b04 } from "./b04-crash.js";
import { b05 } from "./b05-key-order.js";
import { b06 } from "./b06-delayed-retry.js";
import { b07 } from "./b07-attempts.js";
import { b08 } from "./b08-undecodable.js";
import { b09 } from "./b09-redrive.js";
import { b10 } from "./b10-reconnect.js";
import { b11 } from "./b11-close-releases.js";
import { b12 } from "./b12-bounded.js";
import { b13 } from "./b13-no-duplicates.js";
import { b14 } from "./b14-names.js";
import { b15 } from "./b15-close-under-load.js";
import { b16 } from "./b16-every-byte.js";
import { b17 } from "./b17-retention.js";
import { b18 } from "./b18-mismatch.js";
import type { Guarantee } from "./case.js";
import { delayedPublish } from "./delayed-publish.js";
import { history } from "./history.js";
import { inspection } from "./inspection.js";
import { manifest } from "./manifest.js";
import { startPositions } from "./start-positions.js";
import { typeFilter } from "./type-filter.js";

/** Everything an adapter must show: the manifest, B1 to B18, and the abilities beyond them. */
export const guarantees: readonly Guarantee[] = [
  manifest,
  b01,
  b02,
  b03,
  b04,
  b05,
  b06,
  b07,
  b08,
  b09,
  b10,
  b11,
  b12,
  b13,
  b14,
  b15,
  b16,
  b17,
  b18,
  startPositions,
  delayedPublish,
  typeFilter,
  history,
  inspection,
];
