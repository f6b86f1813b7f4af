import { type Database, driverName } from "@meshwright/sqlite";

/** A handle of the driver that this runtime uses. */
export async function openHandle(path: string, options?: { readonly readOnly?: boolean }): Promise<Database> {
  type Open = new (path: string, options?: object) => Database;
  const builtin = process.getBuiltinModule?.("node:sqlite") as { DatabaseSync: Open } | undefined;
  if (driverName() === "node:sqlite" && builtin) return new builtin.DatabaseSync(path, { ...options });
  const { DatabaseSync } = (await import("@photostructure/sqlite")) as unknown as { DatabaseSync: Open };
  return new DatabaseSync(path, { ...options });
}
