import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signGitHub, verifyGitHubSignature } from "../src/index.js";

const body = Buffer.from('{"zen":"Speak like a human.","n":"\\u00e9"}');
const secret = "It's a Secret to Everybody";

describe("verifyGitHubSignature", () => {
  it("accepts the example of GitHub's documentation", () => {
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    expect(verifyGitHubSignature({ secret, body: Buffer.from("Hello, World!"), signature })).toBe(true);
  });

  it("accepts what was signed, with any secret over any bytes", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.uint8Array(), (one, bytes) => {
        const signature = signGitHub({ secret: one, body: bytes });
        expect(verifyGitHubSignature({ secret: one, body: bytes, signature })).toBe(true);
        expect(verifyGitHubSignature({ secret: `${one}!`, body: bytes, signature })).toBe(false);
      }),
    );
  });

  it("accepts either secret while it is being changed, in any order", () => {
    const signature = signGitHub({ secret: "new", body });
    expect(verifyGitHubSignature({ secret: ["old", "new"], body, signature })).toBe(true);
    expect(verifyGitHubSignature({ secret: ["new", "old"], body, signature })).toBe(true);
    expect(verifyGitHubSignature({ secret: ["old", "older"], body, signature })).toBe(false);
  });

  it("refuses a body that differs in any one bit", () => {
    const signature = signGitHub({ secret, body });
    for (let bit = 0; bit < body.length * 8; bit++) {
      const forged = Buffer.from(body);
      forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(verifyGitHubSignature({ secret, body: forged, signature })).toBe(false);
    }
  });

  it("refuses a signature that differs in any one digit", () => {
    const signature = signGitHub({ secret, body });
    for (let index = "sha256=".length; index < signature.length; index++) {
      const other = signature[index] === "0" ? "1" : "0";
      const forged = signature.slice(0, index) + other + signature.slice(index + 1);
      expect(verifyGitHubSignature({ secret, body, signature: forged })).toBe(false);
    }
  });

  it.each([
    ["absent", () => undefined],
    ["empty", () => ""],
    ["truncated", (good: string) => good.slice(0, -1)],
    ["only a prefix", () => "sha256="],
    ["longer", (good: string) => `${good}00`],
    ["of another algorithm", (good: string) => good.replace("sha256", "sha1")],
    ["without an algorithm", (good: string) => good.slice("sha256=".length)],
    ["in upper case, which GitHub never sends", (good: string) => good.toUpperCase()],
    ["no hex", (good: string) => good.replace(/.{2}$/, "zz")],
    ["followed by a line break", (good: string) => `${good}\n`],
  ])("refuses a signature that is %s", (_, bend) => {
    const signature = bend(signGitHub({ secret, body }));
    expect(verifyGitHubSignature({ secret, body, signature })).toBe(false);
  });

  it.each([[""], [[]], [["good", ""]]])("refuses to work with the secret %j", (empty) => {
    const signature = `sha256=${"0".repeat(64)}`;
    expect(() => verifyGitHubSignature({ secret: empty, body, signature })).toThrow(
      expect.objectContaining({ code: "GITHUB_SECRET_EMPTY" }),
    );
    expect(() => signGitHub({ secret: "", body })).toThrow(
      expect.objectContaining({ code: "GITHUB_SECRET_EMPTY" }),
    );
  });
});
