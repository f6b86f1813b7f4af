import { createHmac, timingSafeEqual } from "node:crypto";
import { ConfigurationError } from "@meshwright/core";

const prefix = "sha256=";
const wellFormed = /^sha256=[0-9a-f]{64}$/;

export interface SignatureCheck {
  /** The webhook's secret. Several while it is being changed: one that fits is enough. */
  readonly secret: string | readonly string[];
  /** The body as it came, byte for byte; parsing and printing it again changes it. */
  readonly body: Uint8Array;
  /** The header `x-hub-signature-256`; undefined where it did not come. */
  readonly signature: string | undefined;
}

/**
 * Tells whether a webhook was signed with the secret: HMAC SHA-256 over the raw body, compared in constant time.
 *
 * @returns false for a signature that is absent, malformed, of another algorithm, or of other bytes or secrets
 * @throws ConfigurationError `GITHUB_SECRET_EMPTY` where there is no secret, or an empty one, which anybody could use
 * @example
 * if (!verifyGitHubSignature({ secret, body, signature: request.headers["x-hub-signature-256"] })) return 401;
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function verifyGitHubSignature({ secret, body, signature }: SignatureCheck): boolean {
  const secrets = typeof secret === "string" ? [secret] : secret;
  const expected = secrets.map((one) => digest(one, body));
  if (expected.length === 0) throw emptySecret();
  if (typeof signature !== "string" || !wellFormed.test(signature)) return false;
  const given = Buffer.from(signature.slice(prefix.length), "hex");
  // Every secret is compared, so that the time taken tells nothing about which one fits.
  return expected.map((one) => timingSafeEqual(one, given)).includes(true);
}

/**
 * Signs a body as GitHub does; for tests, and for passing webhooks on.
 *
 * @returns the value of the header `x-hub-signature-256`
 * @throws ConfigurationError `GITHUB_SECRET_EMPTY`
 */
export function signGitHub({ secret, body }: { readonly secret: string; readonly body: Uint8Array }): string {
  return prefix + digest(secret, body).toString("hex");
}

function digest(secret: string, body: Uint8Array): Buffer {
  if (secret === "") throw emptySecret();
  return createHmac("sha256", secret).update(body).digest();
}

function emptySecret(): ConfigurationError {
  return new ConfigurationError(
    "GITHUB_SECRET_EMPTY",
    "The webhook secret is empty, so anybody could sign with it. Set the secret that is configured at GitHub.",
  );
}
