import type { StoreGuarantee } from "./case.js";
import { checkpointCases } from "./s19-checkpoints.js";
import { documentCases } from "./s19-documents.js";

export const s19: StoreGuarantee = {
  id: "S19",
  promise:
    "a checkpoint is held by one transaction at a time and moves with it; no change of a document gets lost",
  cases: [...checkpointCases, ...documentCases],
};
