import { ConfigurationError, type Saga } from "@meshwright/core";

/**
 * The versions of one saga.
 *
 * @throws ConfigurationError `SAGA_VERSIONS_INVALID`
 */
export function versionsOf(saga: Saga | readonly Saga[]): readonly Saga[] {
  const versions: readonly Saga[] = "body" in saga ? [saga] : saga;
  const names = new Set(versions.map(({ name }) => name));
  if (names.size === 1) return versions;
  throw new ConfigurationError(
    "SAGA_VERSIONS_INVALID",
    `Give one saga, or versions of one: these are of ${names.size === 0 ? "none" : [...names].join(", ")}.`,
  );
}
