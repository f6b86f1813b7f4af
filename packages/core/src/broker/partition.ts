/**
 * The partition of an ordering key, for brokers that divide a channel: FNV-1a (32 bit) over its UTF-8 bytes, mixed once more
 * so that the low bits depend on all of them, modulo the number of partitions. Producers in other languages have to
 * compute the same.
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
