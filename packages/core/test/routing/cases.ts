/** What each filter makes of each event. Every matcher and router runs through all of these. */
import { arrayCases } from "./cases-arrays.js";
import { dialectCases } from "./cases-dialects.js";
import { operatorCases } from "./cases-operators.js";
import { patternCases } from "./cases-patterns.js";
import type { FilterCase } from "./make-cases.js";

export const filterCases: readonly FilterCase[] = [
  ...dialectCases,
  ...patternCases,
  ...operatorCases,
  ...arrayCases,
];
