import { createMesh, defineCatalog, type GroupReport, type Mesh } from "@meshwright/core";
import { type PipelineBroker, pipelineBroker } from "../service/broker.js";
import { setting } from "../service/settings.js";

/** Looks at the broker from outside: how far each group is, and what is on the shelves. It handles nothing. */
export class Observer {
  private constructor(
    readonly mesh: Pick<Mesh, "deadLetters" | "redrive" | "stop">,
    private readonly broker: PipelineBroker,
  ) {}

  /** On the broker that the environment names, as the services are. */
  static async start(): Promise<Observer> {
    const broker = pipelineBroker();
    const namespace = setting("NAMESPACE", "pipeline");
    const mesh = createMesh({ service: "observer", catalog: defineCatalog([]), broker, namespace });
    await mesh.start();
    return new Observer(mesh, broker);
  }

  /** One report for each group, its channels added up. */
  async groups(): Promise<ReadonlyMap<string, GroupReport>> {
    const byGroup = new Map<string, GroupReport>();
    for (const report of await this.broker.inspect()) {
      const before = byGroup.get(report.group);
      byGroup.set(report.group, before === undefined ? report : sum(before, report));
    }
    return byGroup;
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
}

function sum(a: GroupReport, b: GroupReport): GroupReport {
  return {
    ...a,
    lag: a.lag + b.lag,
    inFlight: a.inFlight + b.inFlight,
    delayed: a.delayed + b.delayed,
    deadLetters: a.deadLetters + b.deadLetters,
  };
}
