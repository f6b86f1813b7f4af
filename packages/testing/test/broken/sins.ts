import * as abilities from "./abilities.js";
import * as b01 from "./b01.js";
import * as b02 from "./b02.js";
import * as b03 from "./b03.js";
import * as b04 from "./b04.js";
import * as b05 from "./b05.js";
import * as b06 from "./b06.js";
import * as b07 from "./b07.js";
import * as b08 from "./b08.js";
import * as b09 from "./b09.js";
import * as b10 from "./b10.js";
import * as b11 from "./b11.js";
import * as b12 from "./b12.js";
import * as b13 from "./b13.js";
import * as b14 from "./b14.js";
import * as b15 from "./b15.js";
import * as b16 from "./b16.js";
import * as b17 from "./b17.js";
import * as b18 from "./b18.js";
import type { Sin } from "./sin.js";

const files: readonly (readonly [string, Readonly<Record<string, Sin>>])[] = Object.entries({
  B1: b01,
  B2: b02,
  B3: b03,
  B4: b04,
  B5: b05,
  B6: b06,
  B7: b07,
  B8: b08,
  B9: b09,
  B10: b10,
  B11: b11,
  B12: b12,
  B13: b13,
  B14: b14,
  B15: b15,
  B16: b16,
  B17: b17,
  B18: b18,
  abilities,
});

/** Every sin, with the guarantee it breaks. */
export const sins: readonly (Sin & { readonly breaks: string })[] = files.flatMap(([breaks, file]) =>
  Object.values(file).map((sin) => ({ ...sin, breaks })),
);
