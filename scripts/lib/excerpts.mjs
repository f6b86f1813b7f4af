// Code in documentation is taken from files that CI runs. A block says where it is from in a comment before it:
//   <!-- code: examples/quickstart/src/main.ts -->            the whole file
//   <!-- code: examples/quickstart/src/main.ts#region -->     what stands between `// region` and `// end region`
import { readFileSync } from "node:fs";
import { join } from "node:path";

const bare = /<!-- code: (\S+) -->\n(?!```)/;
const block = /<!-- code: (\S+?)(?:#(\S+))? -->\n```(\w+)\n([\s\S]*?)```/g;

/** The text with every block as its file has it now. */
export function refresh(markdown, root) {
  const [, lost] = bare.exec(markdown) ?? [];
  if (lost !== undefined)
    throw new Error(`no block of code stands after the comment that takes it from ${lost}`);
  return markdown.replace(block, (_all, file, region, language) => {
    const name = region === undefined ? file : `${file}#${region}`;
    return `<!-- code: ${name} -->\n\`\`\`${language}\n${excerpt(join(root, file), region)}\`\`\``;
  });
}

function excerpt(path, region) {
  const text = readFileSync(path, "utf8");
  if (region === undefined) return text;
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim() === `// ${region}`);
  const end = lines.findIndex((line) => line.trim() === `// end ${region}`);
  if (start === -1 || end < start) throw new Error(`${path} has no region "${region}"`);
  const inside = lines.slice(start + 1, end);
  const indent = Math.min(...inside.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return `${inside.map((line) => line.slice(indent)).join("\n")}\n`;
}
