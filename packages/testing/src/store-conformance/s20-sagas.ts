/** Sagas on the store: many processes, each with a store of its own, share the work on their instances. */
import assert from "node:assert/strict";
import {
  createMesh,
  defineCatalog,
  defineEvent,
  type Mesh,
  memoryBroker,
  memoryServer,
  type Run,
  type Saga,
  type SagaInstance,
  saga,
  typed,
} from "@meshwright/core";
import type { StoreCase, StoreGuarantee } from "./case.js";
import type { StoreEnv } from "./env.js";

const schema = typed<{ readonly id: string }>({});
type About = { readonly data: { readonly id: string } };
/** With other keys than what starts a saga, so that it comes to another process. */
const key = ({ data }: About): string => [...data.id].reverse().join("");
const opened = defineEvent("com.acme.release.opened.v1", { schema, key: ({ data }: About) => data.id });
const approved = defineEvent("com.acme.release.approved.v1", { schema, key });
const closed = defineEvent("com.acme.release.closed.v1", { schema, key });
const catalog = defineCatalog([opened, approved, closed]);
type SagaMesh = Mesh<typeof catalog>;

type Body = (run: Run<typeof approved>, id: string) => Promise<unknown>;

const sagaOf = (body: Body): Saga =>
  saga("release", { startedBy: opened, key: (event) => event.data.id, events: [approved] }, (run, start) =>
    body(run, start.data.id),
  );

const approval = (id: string): { readonly where: { readonly data: { readonly id: string } } } => ({
  where: { data: { id } },
});

interface Site {
  /** Of which the end was published. */
  readonly closed: readonly string[];
  publish(type: typeof opened | typeof approved, id: string): Promise<unknown>;
  /** Waits until all of these have completed. */
  completed(ids: readonly string[]): Promise<readonly SagaInstance[]>;
}

/** Does something with processes that share a database and a broker. */
async function withSite(env: StoreEnv, body: Body, work: (site: Site) => Promise<void>): Promise<void> {
  const server = memoryServer();
  const ended: string[] = [];
  const meshes = [1, 2, 3].map(() => {
    const mesh: SagaMesh = createMesh({
      service: "releases",
      catalog,
      broker: memoryBroker({ server }),
      store: env.world.create(),
      sagas: { lease: "5s", poll: 100 },
    });
    return mesh.saga(sagaOf(body));
  });
  const [first] = meshes as [SagaMesh];
  first.on(closed.type, { name: "closed" }, (event) => void ended.push(event.data.id));
  try {
    for (const mesh of meshes) await env.within("start", mesh.start());
    await work({
      closed: ended,
      publish: (type, id) => env.within("publish", first.publish(type.type, { id })),
      completed: (ids) =>
        env.eventually("all have completed", async () => {
          const found = await first.sagas.list({ name: "release", state: "completed", limit: 1_000 });
          return found.length === ids.length && found;
        }),
    });
  } finally {
    await env.within("stop", Promise.all(meshes.map((mesh) => mesh.stop())));
  }
}

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `release-${at}`);

const cases: readonly StoreCase[] = [
  {
    id: "S20/way",
    title:
      "forty go their way over steps, a wait, a timer and a publish; no step is done twice, each end is published once",
    async run(env) {
      const ids = idsOf(40);
      const done: string[] = [];
      const body: Body = async (run, id) => {
        const value = await run.step("prepare", () => {
          done.push(`prepare ${id}`);
          return id.length;
        });
        await run.waitFor(approved, approval(id));
        await run.sleep(50);
        await run.step("finish", () => void done.push(`finish ${id}`));
        await run.publish(closed, { id });
        return value;
      };
      await withSite(env, body, async (site) => {
        await Promise.all(ids.map((id) => site.publish(opened, id)));
        await env.eventually("all are prepared", () => done.length === ids.length);
        await Promise.all(ids.map((id) => site.publish(approved, id)));
        const found = await site.completed(ids);
        assert.deepEqual(
          found.map(({ key, value }) => [key, value]).sort(),
          ids.map((id) => [id, id.length]).sort(),
        );
        await env.eventually("all ends are published", () => site.closed.length >= ids.length);
        assert.deepEqual([...site.closed].sort(), [...ids].sort());
        assert.deepEqual([...done].sort(), ids.flatMap((id) => [`finish ${id}`, `prepare ${id}`]).sort());
      });
    },
  },
  {
    id: "S20/meeting",
    title: "an event that comes just when a saga begins to wait for it is not missed, nor had twice",
    async run(env) {
      const ids = idsOf(60);
      const body: Body = async (run, id) => {
        const first = await run.waitFor(approved, approval(id));
        const second = await run.waitFor(approved, { ...approval(id), timeout: 200 });
        return [first?.data.id, second];
      };
      await withSite(env, body, async (site) => {
        await Promise.all(ids.flatMap((id) => [site.publish(opened, id), site.publish(approved, id)]));
        const found = await site.completed(ids);
        for (const { key, value } of found) assert.deepEqual(value, [key, null]);
      });
    },
  },
  {
    id: "S20/at-once",
    title: "of what comes for one instance from everywhere at the same time nothing gets lost",
    async run(env) {
      const count = 20;
      const body: Body = async (run) => {
        const seen: unknown[] = [];
        const steps = idsOf(count).map((name) => run.step(name, () => name));
        for (let at = 0; at < count; at++) seen.push((await run.waitFor(approved))?.data.id);
        return [await run.all(steps), seen];
      };
      await withSite(env, body, async (site) => {
        await site.publish(opened, "one");
        await Promise.all(idsOf(count).map((id) => site.publish(approved, id)));
        const [found] = (await site.completed(["one"])) as [SagaInstance];
        const [steps, seen] = found.value as [string[], string[]];
        assert.deepEqual(steps, idsOf(count));
        assert.deepEqual([...seen].sort(), idsOf(count).sort());
      });
    },
  },
];

export const s20: StoreGuarantee = {
  id: "S20",
  promise: "sagas of several processes go their way, miss nothing, and do each step once",
  cases,
};
