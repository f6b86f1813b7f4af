/** What the services here have in common: their events, and a mesh with a store. */
import { defineCatalog, defineEvent, type Mesh } from "@meshwright/core";

const releaseApproved = defineEvent("com.acme.release.approved.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
});
export const catalog = defineCatalog([releaseApproved]);

/** A mesh that has been started on a store, and the store. */
export interface Shop<Client, Store> {
  readonly mesh: Mesh<typeof catalog, Client>;
  readonly store: Store;
  /** Whatever else may fail in the transaction: when it rejects, all is rolled back. */
  check(digest: string): Promise<void>;
}
