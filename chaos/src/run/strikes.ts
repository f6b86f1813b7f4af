/** The faults: what each does, to whom, and for how long. Short is well within a lease, long is beyond it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "@meshwright/testing";
import type { Member } from "./crew.js";

/** What a fault may use: seeded chance, and the lease it has to be shorter or longer than. */
export interface Chance {
  readonly random: () => number;
  readonly leaseMs: number;
}

interface Common {
  readonly kind: string;
  /** A live process may stand still for a short while without losing what it holds: that explains no duplicate. */
  readonly explains: boolean;
}

export interface MemberStrike<Role extends string = string> extends Common {
  readonly whom: "member";
  readonly on: Role;
  /** Killed: another one has to take its place. */
  readonly deadly: boolean;
  /** Whether it needs a network. */
  readonly network: boolean;
  strike(member: Member, chance: Chance): Promise<void>;
}

export interface ServerStrike extends Common {
  readonly whom: "server";
  /** Which one. */
  readonly on: string;
  strike(server: Server, chance: Chance): Promise<void>;
}

const short = ({ random, leaseMs }: Chance): Promise<void> => sleep(leaseMs * (0.1 + 0.3 * random()));
const long = ({ random, leaseMs }: Chance): Promise<void> => sleep(leaseMs * (1.3 + 1.2 * random()));

export type Strike<Role extends string = string> = MemberStrike<Role> | ServerStrike;

type OnAnyone = Omit<MemberStrike, "whom" | "on">;

const kill: OnAnyone = {
  kind: "kill",
  deadly: true,
  network: false,
  explains: true,
  async strike(member) {
    member.signal("SIGKILL");
    await member.gone;
  },
};

function pause(kind: string, wait: (chance: Chance) => Promise<void>, explains: boolean): OnAnyone {
  return {
    kind,
    deadly: false,
    network: false,
    explains,
    async strike(member, chance) {
      member.signal("SIGSTOP");
      await wait(chance);
      member.signal("SIGCONT");
    },
  };
}

function cutOff(
  kind: string,
  begin: (proxy: NonNullable<Member["proxy"]>) => void,
  wait: (chance: Chance) => Promise<void>,
): OnAnyone {
  return {
    kind,
    deadly: false,
    network: true,
    explains: true,
    async strike({ proxy }, chance) {
      if (proxy === undefined) return;
      begin(proxy);
      await wait(chance);
      await proxy.heal();
    },
  };
}

const onAnyone: readonly OnAnyone[] = [
  kill,
  pause("short pause", short, false),
  pause("long pause", long, true),
  cutOff("cut", (proxy) => proxy.cut(), short),
  cutOff("short black hole", (proxy) => proxy.blackHole(), short),
  cutOff("long black hole", (proxy) => proxy.blackHole(), long),
  // Connections that are open fall silent for good; new ones work at once.
  cutOff(
    "stranding",
    (proxy) => proxy.strand(),
    () => Promise.resolve(),
  ),
];

/** What can happen to processes of this role. */
export function strikesOn<Role extends string>(on: Role): readonly MemberStrike<Role>[] {
  return onAnyone.map((strike) => ({ ...strike, whom: "member", on }));
}

type OnAnyServer = Omit<ServerStrike, "whom" | "on">;

const onAnyServer: readonly OnAnyServer[] = [
  {
    kind: "kill",
    explains: true,
    async strike(server, chance) {
      await server.kill();
      await short(chance);
      await server.start();
    },
  },
  {
    kind: "restart",
    explains: true,
    strike: (server) => server.restart(),
  },
  {
    kind: "short pause",
    explains: false,
    async strike(server, chance) {
      server.pause();
      await short(chance);
      server.resume();
    },
  },
  {
    kind: "long pause",
    explains: true,
    async strike(server, chance) {
      server.pause();
      await long(chance);
      server.resume();
    },
  },
];

/** What can happen to a server of this name. */
export function strikesOnServer(on: string): readonly ServerStrike[] {
  return onAnyServer.map((strike) => ({ ...strike, whom: "server", on }));
}

/** What a fault can be. */
export const strikeKinds: readonly string[] = [
  ...new Set([...onAnyone, ...onAnyServer].map(({ kind }) => kind)),
];
