import { createHash } from "node:crypto";
import pg from "pg";

export interface Statement {
  /** To be prepared under, where that is allowed. Without one it is planned each time. */
  readonly name: string | undefined;
  readonly text: string;
  /** It only reads, and locks nothing. */
  readonly reads: boolean;
}

/** One with its values. */
export interface BoundStatement {
  readonly name?: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

export function named(text: string, { reads = false }: { readonly reads?: boolean } = {}): Statement {
  return { name: nameFor(text), text, reads };
}

/** The name under which a text is prepared. */
export function nameFor(text: string): string {
  return `mw_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/**
 * The first half of an advisory lock: the table's oid in the 32 bits that it has. Looked up each time, since the table may be
 * another one by now.
 */
export function lockNumberOf(table: string): string {
  const oid = `${pg.escapeLiteral(table)}::regclass::oid::bigint`;
  return `('x' || lpad(to_hex(${oid}), 8, '0'))::bit(32)::int`;
}

/** One that the server reads as a whole number. */
export function countOf(number: number): number {
  return Math.min(Math.max(Math.trunc(number), 0), Number.MAX_SAFE_INTEGER);
}
