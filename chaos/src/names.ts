/** Event ids say what the judge needs to know: the key, and the event's number among those of the key. */
export interface Named {
  readonly id: string;
  readonly key: string;
  readonly number: number;
}

export function nameOf(key: string, number: number): Named {
  return { id: `${key}#${number}`, key, number };
}

export function parseName(id: string): Named {
  const at = id.lastIndexOf("#");
  return { id, key: id.slice(0, at), number: Number(id.slice(at + 1)) };
}
