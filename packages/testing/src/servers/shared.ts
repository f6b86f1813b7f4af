import { MeshError } from "@meshwright/core/adapter";

/** Tells the processes of a run where `shareServers` listens. */
export const sharedVariable = "MESHWRIGHT_SHARED_SERVERS";

/**
 * Asks the run's holder of shared servers for one, which starts it if it is the first to ask.
 *
 * @param path - "redis", "postgres", "rabbitmq", or "rabbitmq/ctl"
 * @param args - what rabbitmqctl is to do
 * @returns its URL, or what rabbitmqctl printed; undefined where the run shares no servers
 * @throws MeshError as starting it, or rabbitmqctl, threw it there
 */
export async function askHolder(path: string, args: readonly string[] = []): Promise<string | undefined> {
  const holder = process.env[sharedVariable];
  if (holder === undefined) return undefined;
  const response = await fetch(`${holder}/${path}`, { method: "POST", body: JSON.stringify(args) });
  const answer = (await response.json()) as
    | { readonly value: string }
    | { readonly code: string; message: string };
  if ("value" in answer) return answer.value;
  throw new MeshError(answer.code, answer.message);
}
