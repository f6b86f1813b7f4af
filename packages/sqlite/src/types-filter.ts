/** Which types a subscription wants: names, and patterns in which `*` stands for any run of characters. */
export function typeMatcher(types: readonly string[] | undefined): ((type: string) => boolean) | undefined {
  if (types === undefined || types.includes("*")) return undefined;
  const names = new Set(types.filter((type) => !type.includes("*")));
  const patterns = types.filter((type) => type.includes("*")).map(patternOf);
  return (type) => names.has(type) || patterns.some((pattern) => pattern.test(type));
}

function patternOf(type: string): RegExp {
  const parts = type.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`, "u");
}
