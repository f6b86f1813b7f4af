import { type Catalog, defineCatalog } from "@meshwright/core";
import { githubVocabulary } from "./github/custom.js";
import { cdeventsVocabulary } from "./vocabulary/vocabulary.js";

/**
 * All events of this package: the standard ones and GitHub's custom ones. A service has one catalog, which may take
 * this one over: `defineCatalog([cdeventsCatalog, scanFinished])`.
 */
export const cdeventsCatalog: Catalog<
  (typeof cdeventsVocabulary)[number] | (typeof githubVocabulary)[number],
  never
> = defineCatalog([...cdeventsVocabulary, ...githubVocabulary]);
