import { describe, expect, it } from "vitest";
import { auditArchive, type LogEvent, type Store, verifyInclusion } from "../../src/index.js";
import { event, fill, openStore, sealed, tampered } from "./support.js";

const key = (position: number): string => String(position).padStart(16, "0");

/** Somebody writes into the archive itself. */
async function write(store: Store, position: number, body: string | undefined): Promise<void> {
  await store.transaction((tx) => tx.documents.write("archive", [{ key: key(position), body }]));
}

function changed(position: number, change: (entry: LogEvent) => LogEvent): (log: LogEvent[]) => LogEvent[] {
  return (log) => log.map((entry) => (entry.position === position ? change(entry) : entry));
}

describe("an archive", () => {
  it("is sealed up to the newest event, and verifies", async () => {
    const { store, archive } = await sealed(600);
    const head = await archive.head();
    expect(head).toMatchObject({ position: 600, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await archive.verify({ head })).toEqual({ ok: true, head });
    await fill(store, 3, 600);
    expect(await archive.head()).toEqual(head);
    expect((await archive.seal()).position).toBe(603);
  });

  it("is empty at first", async () => {
    const archive = auditArchive(await openStore());
    const head = await archive.seal();
    expect(head).toEqual({ position: 0, hash: "0".repeat(64) });
    expect(await archive.verify({ head })).toEqual({ ok: true, head });
  });

  it("is the same chain, whoever seals it and in whatever pieces", async () => {
    const store = await openStore();
    const [one, other] = [auditArchive(store), auditArchive(store)];
    const pieces = auditArchive(store, { name: "pieces" });
    for (let id = 0; id < 40; id++) {
      await store.streams.append("sale/1", "any", [event(id)]);
      await pieces.seal();
    }
    const heads = await Promise.all([one.seal(), other.seal(), one.seal()]);
    expect(new Set(heads.map(({ hash }) => hash))).toEqual(new Set([(await pieces.head()).hash]));
  });

  const changes: Record<string, [position: number, (log: LogEvent[]) => LogEvent[]]> = {
    "changed data": [5, changed(5, (entry) => ({ ...entry, event: { ...entry.event, data: { nr: 99 } } }))],
    "a changed attribute": [
      550,
      changed(550, (one) => ({ ...one, event: { ...one.event, time: "2026-01-01T00:00:00Z" } })),
    ],
    "another stream": [7, changed(7, (entry) => ({ ...entry, stream: "sale/9" }))],
    "another version": [8, changed(8, (entry) => ({ ...entry, version: 99 }))],
    "an event taken out": [9, (log) => log.filter(({ position }) => position !== 9)],
    "an event taken out, and those after it moved up": [
      10,
      (log) => log.filter(({ position }) => position !== 10).map((one, at) => ({ ...one, position: at + 1 })),
    ],
    "two events exchanged": [
      11,
      (log) =>
        log.map((one) =>
          one.position === 11 || one.position === 14
            ? { ...(log[24 - one.position] as LogEvent), position: one.position }
            : one,
        ),
    ],
  };
  for (const [what, [position, change]] of Object.entries(changes)) {
    it(`finds ${what}`, async () => {
      const { store } = await sealed(600);
      expect(await auditArchive(tampered(store, change)).verify()).toMatchObject({ ok: false, position });
    });
  }

  it("finds the links that were changed or removed", async () => {
    for (const body of [undefined, "{", '["a","b"]', "[1,2]"]) {
      const { store, archive } = await sealed(30);
      await write(store, 12, body);
      expect(await archive.verify()).toMatchObject({ ok: false, position: 12 });
    }
  });

  it("finds an event that was changed together with its link", async () => {
    const { store } = await sealed(30);
    const change = changed(12, (entry) => ({ ...entry, event: event("forged") }));
    const forged = auditArchive(tampered(store, change), { name: "forged" });
    await forged.seal();
    const kept = (await store.documents.read("forged", [key(12)])).get(key(12));
    await write(store, 12, kept);
    expect(await auditArchive(tampered(store, change)).verify()).toMatchObject({ ok: false, position: 13 });
  });

  it("finds a chain that was made anew, or cut short, if a head was kept", async () => {
    const { store, archive } = await sealed(30);
    const head = await archive.head();
    const change = changed(12, (entry) => ({ ...entry, event: event("forged") }));
    const forged = auditArchive(tampered(store, change), { name: "forged" });
    await forged.seal();
    expect(await forged.verify()).toMatchObject({ ok: true });
    expect(await forged.verify({ head })).toMatchObject({ ok: false, position: 30 });
    const short = await sealed(20);
    expect(await short.archive.verify({ head })).toMatchObject({ ok: false, position: 21 });
  });

  it("does not seal over a hole", async () => {
    const { store } = await sealed(10);
    await fill(store, 10, 10);
    const holed = auditArchive(tampered(store, (log) => log.filter(({ position }) => position !== 13)));
    await expect(holed.seal()).rejects.toMatchObject({ code: "ARCHIVE_BROKEN" });
  });

  it("proves nothing about what is not sealed or not there", async () => {
    const { archive, store } = await sealed(10);
    for (const position of [0, 11, 1.5]) {
      await expect(archive.prove(position)).rejects.toMatchObject({ code: "ARCHIVE_NOT_SEALED" });
    }
    await write(store, 8, undefined);
    await expect(archive.prove(3)).rejects.toMatchObject({ code: "ARCHIVE_BROKEN" });
    await expect(archive.proveExtension({ position: 11, hash: "" })).rejects.toMatchObject({
      code: "ARCHIVE_NOT_SEALED",
    });
  });

  it("proves to those who have nothing but the head, also of events with binary data", async () => {
    const store = await openStore();
    await store.streams.append("file/1", 0, [event("1", new Uint8Array([0, 255])), event("2", null)]);
    const archive = auditArchive(store);
    const head = await archive.seal();
    expect(verifyInclusion(await archive.prove(1), head)).toBe(true);
    expect(verifyInclusion(JSON.parse(JSON.stringify(await archive.prove(2))), head)).toBe(true);
  });
});
