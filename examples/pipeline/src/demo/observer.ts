import { type Broker, createMesh, type GroupReport, type Mesh } from "@meshwright/core";
import { pipelineCatalog } from "../catalog.js";
import { pipelineBroker } from "../service/broker.js";
import { setting } from "../service/settings.js";
import { readJournal } from "./evidence.js";
import { groups } from "./promises.js";

/** How far a group is. */
export type Progress = Pick<GroupReport, "lag" | "inFlight" | "delayed" | "deadLetters">;

type ObserverMesh = Pick<Mesh<typeof pipelineCatalog>, "deadLetters" | "redrive" | "replay" | "stop">;

/** Looks at the broker from outside: how far each group is, and what is on the shelves. It handles nothing. */
export class Observer {
  private constructor(
    readonly mesh: ObserverMesh,
    private readonly inspect: (() => Promise<readonly GroupReport[]>) | undefined,
  ) {}

  /** On the broker that the environment names, as the services are. */
  static async start(): Promise<Observer> {
    const broker = pipelineBroker();
    const namespace = setting("NAMESPACE", "pipeline");
    const mesh = createMesh({ service: "observer", catalog: pipelineCatalog, broker, namespace });
    await mesh.start();
    return new Observer(mesh, canInspect(broker) ? () => broker.inspect() : undefined);
  }

  /** For each group, its channels added up. */
  async groups(): Promise<ReadonlyMap<string, Progress>> {
    const byGroup = new Map<string, Progress>();
    for (const report of (await this.inspect?.()) ?? []) {
      const before = byGroup.get(report.group);
      byGroup.set(report.group, before === undefined ? report : sum(before, report));
    }
    return this.inspect ? byGroup : this.#counted();
  }

  /** Whether no group has anything left to do. */
  async drained(): Promise<boolean> {
    return [...(await this.groups()).values()].every(({ lag }) => lag === 0);
  }

  /** The events on the shelf of a group. */
  async dead(group: string): Promise<{ group: string; source: string; id: string; error: string }[]> {
    const letters = [];
    for await (const { event, error } of this.mesh.deadLetters(group)) {
      letters.push({ group, source: event?.source ?? "", id: event?.id ?? "", error: error.code });
    }
    return letters;
  }

  /** For a broker that cannot say: what its history has, less what the services have written down, and what is dead. */
  async #counted(): Promise<ReadonlyMap<string, Progress>> {
    const stored = new Map<string, string>();
    for (const channel of ["events", "scans"]) {
      await this.mesh.replay({ channel, from: "earliest" }, ({ source, id, type }) => {
        stored.set(`${source} ${id}`, type);
      });
    }
    const counted = Object.entries(groups).map(async ([group, wants]) => {
      const dead = await this.dead(group);
      const handled = (await readJournal(setting("DATA_FOLDER"), group)).filter(
        ({ outcome }) => outcome === "handled",
      );
      const over = new Set([...dead, ...handled].map(({ source, id }) => `${source} ${id}`));
      const lag = [...stored].filter(([id, type]) => wants(type) && !over.has(id)).length;
      // With so few, a member that lives has taken all there is.
      return [group, { lag, inFlight: lag, delayed: 0, deadLetters: dead.length }] as const;
    });
    return new Map(await Promise.all(counted));
  }
}

function canInspect(broker: Broker): broker is Broker & { inspect(): Promise<readonly GroupReport[]> } {
  return broker.capabilities.inspection;
}

function sum(a: Progress, b: Progress): Progress {
  return {
    lag: a.lag + b.lag,
    inFlight: a.inFlight + b.inFlight,
    delayed: a.delayed + b.delayed,
    deadLetters: a.deadLetters + b.deadLetters,
  };
}
