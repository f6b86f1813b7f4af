/** The faults: what each does, to whom, and for how long. Short is well within a lease, long is beyond it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "@meshwright/testing";
import type { Role } from "../worker/settings.js";
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

export interface MemberStrike extends Common {
  readonly on: Role;
  /** Killed: another one has to take its place. */
  readonly deadly: boolean;
  /** Whether it needs a network. */
  readonly network: boolean;
  strike(member: Member, chance: Chance): Promise<void>;
}

export interface ServerStrike extends Common {
  readonly on: "server";
  strike(server: Server, chance: Chance): Promise<void>;
}

const short = ({ random, leaseMs }: Chance): Promise<void> => sleep(leaseMs * (0.1 + 0.3 * random()));
const long = ({ random, leaseMs }: Chance): Promise<void> => sleep(leaseMs * (1.3 + 1.2 * random()));

type OnAnyone = Omit<MemberStrike, "on">;

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

export const memberStrikes: readonly MemberStrike[] = (["consumer", "publisher"] as const).flatMap((on) =>
  onAnyone.map((strike) => ({ ...strike, on })),
);

export const serverStrikes: readonly ServerStrike[] = [
  {
    kind: "kill",
    on: "server",
    explains: true,
    async strike(server, chance) {
      await server.kill();
      await short(chance);
      await server.start();
    },
  },
  {
    kind: "restart",
    on: "server",
    explains: true,
    strike: (server) => server.restart(),
  },
  {
    kind: "short pause",
    on: "server",
    explains: false,
    async strike(server, chance) {
      server.pause();
      await short(chance);
      server.resume();
    },
  },
  {
    kind: "long pause",
    on: "server",
    explains: true,
    async strike(server, chance) {
      server.pause();
      await long(chance);
      server.resume();
    },
  },
];

/** What a fault can be. */
export const strikeKinds: readonly string[] = [
  ...new Set([...memberStrikes, ...serverStrikes].map(({ kind }) => kind)),
];
