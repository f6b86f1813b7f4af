import { ConfigurationError } from "@meshwright/core/adapter";
import type { Program } from "./binary.js";
import { askHolder } from "./shared.js";

/** Where a server is that somebody else started. */
export interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Who says so, for errors: the environment variable, or the test run. */
  readonly from: string;
}

/**
 * The server that already is there for what is asked: the run's shared one, or that of the environment variable, which
 * does for those who ask for nothing special.
 *
 * @returns undefined where one has to be started
 * @throws ConfigurationError `SERVER_OPTIONS_INVALID`
 */
export async function findServer(
  program: Program,
  options: { readonly shared?: boolean },
): Promise<Address | undefined> {
  const { shared = false, ...special } = options;
  const isSpecial = Object.keys(special).length > 0;
  if (shared && isSpecial)
    throw new ConfigurationError(
      "SERVER_OPTIONS_INVALID",
      "A shared server takes no other options; leave out `shared` to start one of your own.",
    );
  const sharedUrl = shared ? await askHolder(program.id) : undefined;
  if (sharedUrl !== undefined) return addressOf(program, sharedUrl, "this test run");
  const url = process.env[program.urlVariable];
  return url === undefined || isSpecial ? undefined : addressOf(program, url, program.urlVariable);
}

function addressOf({ defaultPort }: Program, url: string, from: string): Address {
  const { hostname, port } = new URL(url);
  return {
    url,
    from,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? defaultPort : Number(port),
  };
}
