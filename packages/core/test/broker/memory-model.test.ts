import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leaseMs, Model } from "./model.js";
import { collect, turns } from "./support.js";

type Command = (model: Model) => Promise<void>;

function named(name: string, command: Command): Command {
  return Object.assign(command, { toString: () => name, [fc.toStringMethod]: () => name });
}

/** Does something with one of the members that are alive, if there is one. */
function withMember(
  pick: number,
  use: (model: Model, member: Model["members"][number]) => Promise<void>,
): Command {
  return async (model) => {
    const alive = model.members.filter((member) => member.alive);
    const member = alive[pick % Math.max(1, alive.length)];
    if (member !== undefined) await use(model, member);
  };
}

const number = fc.nat(20);

const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .array(fc.nat(3), { minLength: 1, maxLength: 6 })
        .map((keys) => named(`publish ${keys}`, (model) => model.publish(keys))),
    },
    {
      weight: 8,
      arbitrary: fc.tuple(number, fc.integer({ min: 1, max: 4 })).map(([pick, count]) =>
        named(
          `ack ${pick} ${count}`,
          withMember(pick, (model, member) => model.ack(member, count)),
        ),
      ),
    },
    {
      weight: 5,
      arbitrary: fc.tuple(number, number, fc.constantFrom(0, 10, 300)).map(([pick, place, delay]) =>
        named(
          `retry ${pick} ${place} ${delay}`,
          withMember(pick, (model, member) => model.retry(member, place, delay)),
        ),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(number, number).map(([pick, place]) =>
        named(
          `release ${pick} ${place}`,
          withMember(pick, (model, member) => model.release(member, place)),
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: number.map((pick) =>
        named(
          `dead ${pick}`,
          withMember(pick, (model, member) => model.deadLetter(member)),
        ),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .integer({ min: 1, max: 5 })
        .map((prefetch) => named(`join ${prefetch}`, (model) => model.join(prefetch))),
    },
    // What is on its way to a member that closes or dies is counted or not, as the broker sees it: look first.
    {
      weight: 1,
      arbitrary: number.map((pick) =>
        named(`close ${pick}`, async (model) => {
          await turns();
          await withMember(pick, (_, member) => model.close(member))(model);
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: number.map((pick) =>
        named(`crash ${pick}`, async (model) => {
          await turns();
          await withMember(pick, async (_, member) => model.crash(member))(model);
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constant(
        named("restart", async (model) => {
          await turns();
          await model.restart();
        }),
      ),
    },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom(5, 100, leaseMs)
        .map((ms) => named(`advance ${ms}`, (model) => model.clock.advance(ms))),
    },
    // Between two commands everything may have arrived, or only some of it be on its way.
    { weight: 4, arbitrary: fc.constant(named("turns", () => turns())) },
    {
      weight: 4,
      arbitrary: fc.nat(6).map((count) =>
        named(`microtasks ${count}`, async () => {
          for (let hop = 0; hop < count; hop++) await Promise.resolve();
        }),
      ),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

describe.each(["key", "none"] as const)("ordering %s", (ordering) => {
  it("holds under any sequence of calls, crashes and restarts: order, no loss, attempts", async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const model = new Model(ordering);
        await model.join(3);
        for (const command of sequence) await command(model);
        await turns();
        await model.finish();
        expect(model.wrong).toEqual([]);
        expect(model.outstanding).toBe(0);
        const { broker } = await model.main();
        expect(await collect(broker.deadLetters({ group: "g" }))).toHaveLength(model.dead);
        expect(await broker.inspect()).toMatchObject([
          { lag: 0, inFlight: 0, delayed: 0, deadLetters: model.dead },
        ]);
      }),
      { numRuns: 150 },
    );
  });
});
