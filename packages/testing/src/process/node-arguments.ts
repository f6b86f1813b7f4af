const sourceArguments: readonly string[] = ["--conditions=@meshwright/source", "--import", "tsx"];

/** What node needs to run these files: nothing, or tsx where one of them is a TypeScript source. */
export function nodeArguments(
  files: readonly (URL | string)[],
  given: readonly string[] | undefined,
): readonly string[] {
  if (given !== undefined) return given;
  return files.some((file) => /\.[mc]?tsx?$/.test(String(file))) ? sourceArguments : [];
}
