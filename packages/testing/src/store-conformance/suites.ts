import type { StoreGuarantee } from "./case.js";
import { s01 } from "./s01-commit.js";
import { s02 } from "./s02-every-row.js";
import { s03 } from "./s03-key-order.js";
import { s04 } from "./s04-lease.js";
import { s05 } from "./s05-ends.js";
import { s06, s07, s08 } from "./s06-claims.js";
import { s09, s10, s11, s12, s13 } from "./s09-upkeep.js";
import { s14 } from "./s14-append.js";
import { s15 } from "./s15-repeated.js";
import { s16 } from "./s16-read.js";
import { s17 } from "./s17-log.js";
import { s18 } from "./s18-query.js";
import { s19 } from "./s19-projections.js";
import { s20 } from "./s20-sagas.js";

/** Everything a store must show: S1 to S20. */
export const storeGuarantees: readonly StoreGuarantee[] = [
  s01,
  s02,
  s03,
  s04,
  s05,
  s06,
  s07,
  s08,
  s09,
  s10,
  s11,
  s12,
  s13,
  s14,
  s15,
  s16,
  s17,
  s18,
  s19,
  s20,
];
