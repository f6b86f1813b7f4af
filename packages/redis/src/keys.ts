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

export function wakeKey(root: string, group: string, member: string): string {
  return `${root}:group:${group}:wake:${member}`;
}

/** The Redis consumer group that a member reads with. */
export function nativeGroup(group: string, ordering: string, member: string): string {
  return ordering === "key" ? `key:${member}:${group}` : `none:${group}`;
}

/**
 * The partition of a key: FNV-1a (32 bit) over its UTF-8 bytes, mixed once more so that the low bits depend on all of
 * them, modulo the number of partitions.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code > 0x7f) return mixed(hashBytes(Buffer.from(key))) % partitions;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return mixed(hash) % partitions;
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The last step of MurmurHash3. */
function mixed(hash: number): number {
  let mix = hash ^ (hash >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}
