const needsEncoding = /[^!#$&-~]/;
const eachToEncode = /[^!#$&-~]/gu;
const escapes = /(?:%[0-9A-Fa-f]{2})+/g;
const quotedText = /^"((?:[^"\\]|\\.)*)"$/s;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An attribute's text, which has no lone surrogate, as an HTTP header value (CloudEvents HTTP binding, section 3.1.3.2). */
export function percentEncode(text: string): string {
  return needsEncoding.test(text) ? text.replace(eachToEncode, encodeURIComponent) : text;
}

/**
 * A header value as text: first freed of double quotes, then one round of percent-decoding. Characters that should have
 * been encoded and are not, a `%` without two hexadecimal digits among them, stand for themselves.
 *
 * @returns undefined where the decoded bytes are not UTF-8
 */
export function percentDecode(value: string): string | undefined {
  const text = value.startsWith('"') ? unquote(value) : value;
  if (!text.includes("%")) return text;
  try {
    return text.replace(escapes, (run) => decoder.decode(Buffer.from(run.replaceAll("%", ""), "hex")));
  } catch {
    return undefined;
  }
}

function unquote(value: string): string {
  const inner = quotedText.exec(value)?.[1];
  return inner === undefined ? value : inner.replace(/\\(.)/gs, "$1");
}
