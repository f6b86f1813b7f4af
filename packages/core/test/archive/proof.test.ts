import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/archive/canonical.js";
import { hashLink } from "../../src/archive/chain.js";
import { type InclusionProof, type ProofStep, verifyExtension, verifyInclusion } from "../../src/index.js";
import { event, fill, sealed } from "./support.js";

const most = 300;
const spans = fc
  .tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }))
  .map(([one, other]) => ({
    position: Math.min(one, other),
    end: Math.max(one, other),
  }));

describe("proofs", () => {
  it("hold for every entry under every head, are short, and for nothing else", async () => {
    const { archive } = await sealed(most);
    const heads = new Map<number, string>();
    for (let at = 1; at <= most; at++) {
      const { steps } = await archive.prove(at);
      heads.set(at, linkOf(steps.at(-1)));
    }
    await fc.assert(
      fc.asyncProperty(spans, fc.nat(), async ({ position, end }, which) => {
        const head = { position: end, hash: heads.get(end) ?? "" };
        const proof = await archive.prove(position, head);
        expect(verifyInclusion(JSON.parse(JSON.stringify(proof)), head)).toBe(true);
        expect(proof.steps.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(most)) ** 2);
        for (const forged of forgeries(proof, which)) expect(verifyInclusion(forged, head)).toBe(false);
        expect(verifyInclusion(proof, { position: end, hash: "f".repeat(64) })).toBe(false);
        expect(verifyInclusion(proof, { ...head, position: end + 1 })).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("show that a newer head stands for all that an older one stood for", async () => {
    const { store, archive } = await sealed(90);
    const older = await archive.head();
    for (let id = 0; id < 50; id++) await store.streams.append("sale/9", "any", [event(`later ${id}`)]);
    const newer = await archive.seal();
    const proof = await archive.proveExtension(older);
    expect(verifyExtension(JSON.parse(JSON.stringify(proof)), older, newer)).toBe(true);
    expect(verifyExtension(proof, { ...older, hash: newer.hash }, newer)).toBe(false);
    expect(verifyExtension(proof, { ...older, position: 89 }, newer)).toBe(false);
    expect(verifyExtension({ steps: proof.steps.slice(1) }, older, newer)).toBe(false);
    expect(verifyExtension({ steps: [] }, older, older)).toBe(true);
    expect(verifyExtension({ steps: [] }, older, { ...older, hash: newer.hash })).toBe(false);
    const other = await sealed(80);
    await fill(other.store, 59, 80);
    await other.store.streams.append("sale/8", "any", [event("other")]);
    expect(verifyExtension(proof, older, await other.archive.seal())).toBe(false);
  });
});

/** What a head at this step would have said. */
function linkOf(step: ProofStep | undefined): string {
  if (step === undefined) throw new Error("a proof without steps");
  return hashLink(step.entry, step);
}

/** Proofs that differ in one thing. */
function forgeries(proof: InclusionProof, which: number): InclusionProof[] {
  const at = which % proof.steps.length;
  const step = proof.steps[at] as ProofStep;
  const withStep = (changes: Partial<ProofStep>): InclusionProof => ({
    ...proof,
    steps: proof.steps.map((one, index) => (index === at ? { ...one, ...changes } : one)),
  });
  const { entry } = proof;
  return [
    { ...proof, entry: { ...entry, event: { ...entry.event, data: "forged" } } },
    { ...proof, entry: { ...entry, position: entry.position + 1 } },
    { ...proof, entry: { ...entry, stream: "sale/forged" } },
    { ...proof, entry: { ...entry, event: { ...entry.event, id: "" } } },
    withStep({ entry: "0".repeat(64) }),
    withStep({ previous: "f".repeat(64) }),
    withStep({ skip: "f".repeat(64) }),
    withStep({ position: step.position + 1 }),
    { ...proof, steps: proof.steps.slice(1) },
    { ...proof, steps: proof.steps.slice(0, -1) },
    { ...proof, steps: [...proof.steps, step] },
    { ...proof, steps: [] },
  ];
}

describe("canonical JSON", () => {
  it("has one spelling for a value, whatever order its members came in", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        expect(canonicalJson(shuffled(plain))).toBe(canonicalJson(plain));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });

  it("writes what RFC 8785 says", () => {
    expect(canonicalJson({ "€": 1, "\r": 2, "1": [1e21, 1e-7, -0, 0.1], "😀": '\u0001"\\é', a: null })).toBe(
      '{"\\r":2,"1":[1e+21,1e-7,0,0.1],"a":null,"€":1,"😀":"\\u0001\\"\\\\é"}',
    );
  });
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, shuffled(member)] as const);
  return Object.fromEntries(members.reverse());
}
