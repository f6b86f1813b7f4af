/** The processes of a run: who is there, who is free to be struck, and who takes the place of one that is gone. */
import { eventually } from "@meshwright/testing";
import type { Site } from "../targets/site.js";
import type { Role } from "../worker/settings.js";
import { type Member, startMember } from "./crew.js";

export interface Fleet extends AsyncDisposable {
  /** Those that take part now. */
  members(role?: Role): readonly Member[];
  /** Waits for a ready member to whom nothing is being done, and reserves it until `free`. */
  take(role: Role, random: () => number): Promise<Member>;
  /** Ends a reservation. */
  free(member: Member): void;
  /** Starts another one in the place of a member that is gone, or is going; resolves when it is ready. */
  replace(member: Member): Promise<void>;
  /** Takes a member out for good. */
  remove(member: Member): void;
}

export interface FleetOptions {
  readonly publishers: number;
  readonly consumers: number;
  readonly folder: string;
  readonly seed: number;
  readonly leaseMs: number;
}

/** Starts the processes: the consumers first, so that every group exists before anything is published. */
export async function startFleet(site: Site, options: FleetOptions): Promise<Fleet> {
  const { folder, seed, leaseMs } = options;
  const present = new Set<Member>();
  const free = new Set<Member>();
  let started = 0;

  const start = async (role: Role): Promise<void> => {
    const name = `${role}-${++started}`;
    const member = await startMember(site, { role, name, folder, seed, leaseMs });
    present.add(member);
    await member.ready;
    free.add(member);
  };
  const remove = (member: Member): void => {
    present.delete(member);
    free.delete(member);
  };
  const fleet: Fleet = {
    members: (role) => [...present].filter((member) => role === undefined || member.role === role),
    async take(role, random) {
      const candidates = await eventually(
        `a ${role} to whom nothing is being done`,
        () => {
          const found = [...free].filter((member) => member.role === role);
          return found.length > 0 ? found : undefined;
        },
        { deadlineMs: 120_000 },
      );
      const member = candidates[Math.floor(random() * candidates.length)] as Member;
      free.delete(member);
      return member;
    },
    free(member) {
      if (present.has(member)) free.add(member);
    },
    replace(member) {
      remove(member);
      return start(member.role);
    },
    remove,
    async [Symbol.asyncDispose]() {
      for (const member of present) member.signal("SIGKILL");
      await Promise.all([...present].map((member) => member.gone));
    },
  };
  try {
    await Promise.all(Array.from({ length: options.consumers }, () => start("consumer")));
    await Promise.all(Array.from({ length: options.publishers }, () => start("publisher")));
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
  return fleet;
}
