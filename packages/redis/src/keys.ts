/**
 * Names in Redis. Every key of a channel begins with its root, which carries the hash tag: a channel lives on one node of
 * a cluster, and channels spread over the nodes.
 */

/** The key that all keys of a channel begin with. */
export function rootKey(namespace: string, channel: string): string {
  return `mw:{${escaped(namespace)}/${escaped(channel)}}`;
}

/** The set of the names of a namespace's channels. */
export function channelsKey(namespace: string): string {
  return `mw:{${escaped(namespace)}}:channels`;
}

/** A name without the characters that mean something in a key. Different names stay different. */
export function escaped(name: string): string {
  return name.replace(/[%{}:/]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

export function unescaped(name: string): string {
  return name.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

export function logKey(root: string, partition: number | string): string {
  return `${root}:log:${partition}`;
}

/** @param name - of the member, without its epoch */
export function wakeKey(root: string, group: string, name: string): string {
  return `${root}:group:${group}:wake:${name}`;
}

/** @param member - its name and its epoch */
export function nameOf(member: string): string {
  return member.slice(0, member.lastIndexOf("@"));
}

/** The Redis consumer group that a member reads with. */
export function nativeGroup(group: string, ordering: string, member: string): string {
  return ordering === "key" ? `key:${member}:${group}` : `none:${group}`;
}
