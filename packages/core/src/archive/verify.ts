/** Computing the chain again, from the events that are in the log now. */
import { StoreError } from "../errors/errors.js";
import type { Store } from "../store/contract.js";
import type { LogEvent } from "../store/streams.js";
import { type ArchiveEntry, ancestors, hashEntry, hashLink, origin, skipFrom } from "./chain.js";
import type { Kept, Links } from "./links.js";
import type { ArchiveHead } from "./proof.js";

export interface VerifyOptions {
  /** One that was kept elsewhere: without it, a chain that was made anew over changed events is not told from the true one. */
  readonly head?: ArchiveHead;
}

export type Verdict =
  | { readonly ok: true; readonly head: ArchiveHead }
  /** The first position that does not fit, and why. */
  | { readonly ok: false; readonly position: number; readonly reason: string };

const readAtOnce = 500;

export async function verifyArchive(
  store: Store,
  links: Links,
  { head: trusted }: VerifyOptions,
): Promise<Verdict> {
  const head = await links.head();
  let roots = new Map([[0, origin]]);
  for (let after = 0; after < head.position; ) {
    const limit = Math.min(readAtOnce, head.position - after);
    const positions = Array.from({ length: limit }, (_, at) => after + 1 + at);
    const events = await eventsAfter(store, after, limit);
    const kept = await links.read(positions);
    for (const [at, position] of positions.entries()) {
      const reason = misfit(position, events[at], kept.get(position), roots);
      if (reason !== undefined) return { ok: false, position, reason };
    }
    after += limit;
    roots = new Map([0, ...ancestors(after)].map((at) => [at, roots.get(at) ?? ""]));
  }
  return trusted === undefined ? { ok: true, head } : against(trusted, head, links);
}

/** What can be read: none where the first one is no event any more. */
async function eventsAfter(store: Store, after: number, limit: number): Promise<readonly LogEvent[]> {
  try {
    return (await store.streams.page({ after, limit })).events;
  } catch (error) {
    if (error instanceof StoreError && error.code === "STREAM_EVENT_UNREADABLE") return [];
    throw error;
  }
}

/** What is wrong at a position; its link is added to the roots where nothing is. */
function misfit(
  position: number,
  entry: ArchiveEntry | undefined,
  kept: Kept | undefined,
  roots: Map<number, string>,
): string | undefined {
  if (entry?.position !== position) return "the event is missing, or is no event any more";
  if (kept === undefined) return "its link is missing";
  if (hashEntry(entry) !== kept.entry) return "the event, its stream or its version is not what was sealed";
  const previous = roots.get(position - 1) ?? "";
  const skip = roots.get(skipFrom(position)) ?? "";
  if (hashLink(kept.entry, { previous, skip }) !== kept.link) return "its link does not fit those before it";
  roots.set(position, kept.link);
  return undefined;
}

async function against(trusted: ArchiveHead, head: ArchiveHead, links: Links): Promise<Verdict> {
  if (trusted.position > head.position) {
    return {
      ok: false,
      position: head.position + 1,
      reason: "the archive ends before the head that was kept",
    };
  }
  const kept = await links.read([trusted.position]);
  const link = trusted.position === 0 ? origin : kept.get(trusted.position)?.link;
  if (link === trusted.hash) return { ok: true, head };
  return {
    ok: false,
    position: trusted.position,
    reason: "the chain is another one than that of the head that was kept",
  };
}
