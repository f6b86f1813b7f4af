import * as s01 from "./s01.js";
import * as s02 from "./s02.js";
import * as s03 from "./s03.js";
import * as s04 from "./s04.js";
import * as s05 from "./s05.js";
import * as s06 from "./s06.js";
import * as s07 from "./s07.js";
import * as s08 from "./s08.js";
import * as s09 from "./s09.js";
import * as s10 from "./s10.js";
import * as s11 from "./s11.js";
import * as s12 from "./s12.js";
import * as s13 from "./s13.js";
import * as s14 from "./s14.js";
import * as s15 from "./s15.js";
import * as s16 from "./s16.js";
import * as s17 from "./s17.js";
import * as s18 from "./s18.js";
import * as s19 from "./s19.js";
import * as s19Documents from "./s19-documents.js";
import * as s20 from "./s20.js";
import type { StoreSin } from "./sin.js";

const files: readonly (readonly [string, Readonly<Record<string, StoreSin>>])[] = Object.entries({
  S1: s01,
  S2: s02,
  S3: s03,
  S4: s04,
  S5: s05,
  S6: s06,
  S7: s07,
  S8: s08,
  S9: s09,
  S10: s10,
  S11: s11,
  S12: s12,
  S13: s13,
  S14: s14,
  S15: s15,
  S16: s16,
  S17: s17,
  S18: s18,
  S19: { ...s19, ...s19Documents },
  S20: s20,
});

/** Every sin, with the guarantee it breaks. */
export const storeSins: readonly (StoreSin & { readonly breaks: string })[] = files.flatMap(
  ([breaks, file]) => Object.values(file).map((sin) => ({ ...sin, breaks })),
);
