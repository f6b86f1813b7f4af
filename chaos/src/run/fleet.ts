/** The processes of a run: who is there, who is free to be struck, and who takes the place of one that is gone. */
import { eventually } from "@meshwright/testing";
import type { Member } from "./crew.js";

export interface Fleet<Role extends string = string> extends AsyncDisposable {
  /** Those that take part now. */
  members(role?: Role): readonly Member<Role>[];
  /** Who has ended though nobody asked, in words. */
  fallen(): readonly string[];
  /** Waits for a ready member to whom nothing is being done, and reserves it until `free`. */
  take(role: Role, random: () => number): Promise<Member<Role>>;
  /** Ends a reservation. */
  free(member: Member<Role>): void;
  /** Starts another one in the place of a member that is gone, or is going; resolves when it is ready. */
  replace(member: Member<Role>): Promise<void>;
  /** Takes a member out for good. */
  remove(member: Member<Role>): void;
}

export interface FleetOptions<Role extends string> {
  /** How many there are of each role. A role is ready before the next one starts. */
  readonly crew: readonly (readonly [role: Role, count: number])[];
  start(role: Role, name: string): Promise<Member<Role>>;
}

export async function startFleet<Role extends string>(options: FleetOptions<Role>): Promise<Fleet<Role>> {
  const present = new Set<Member<Role>>();
  const free = new Set<Member<Role>>();
  const fallen: string[] = [];
  let started = 0;

  const start = async (role: Role): Promise<void> => {
    const member = await options.start(role, `${role}-${++started}`);
    present.add(member);
    void member.gone.then(() => {
      if (!member.dismissed()) fallen.push(`${member.name} ended by itself`);
    });
    await member.ready;
    free.add(member);
  };
  const remove = (member: Member<Role>): void => {
    present.delete(member);
    free.delete(member);
  };
  const fleet: Fleet<Role> = {
    members: (role) => [...present].filter((member) => role === undefined || member.role === role),
    fallen: () => fallen,
    async take(role, random) {
      const candidates = await eventually(
        `a ${role} to whom nothing is being done`,
        () => {
          const found = [...free].filter((member) => member.role === role);
          return found.length > 0 ? found : undefined;
        },
        { deadlineMs: 120_000 },
      );
      const member = candidates[Math.floor(random() * candidates.length)] as Member<Role>;
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
    for (const [role, count] of options.crew)
      await Promise.all(Array.from({ length: count }, () => start(role)));
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
  return fleet;
}
