import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { aptInstall } from "./apt.js";

/** Where a program comes from. */
export interface Binary {
  /** For errors: "Redis". */
  readonly name: string;
  readonly file: string;
  /** Looked at before PATH. */
  readonly folders: readonly string[];
  /** Debian's package that has it. */
  readonly debian: string;
  /** The environment variable with the program's path. */
  readonly binaryVariable: string;
  /** The one with the address of a running server to use instead, where that is possible. */
  readonly urlVariable?: string;
}

/** The program of a server that may also be found running. */
export interface Program extends Binary {
  /** "redis" */
  readonly id: string;
  readonly urlVariable: string;
  readonly defaultPort: number;
}

/**
 * The path of a server's program, installed first where it is missing and apt can.
 *
 * @param stated - a path that overrides the environment
 * @throws MeshError `SERVER_MISSING`, which names the package and the variables
 */
export async function findProgram(program: Binary, stated?: string): Promise<string> {
  const path = stated ?? process.env[program.binaryVariable];
  if (path !== undefined) {
    if (await isExecutable(path)) return path;
    throw missing(program, `${path} is no program.`);
  }
  const found = await searchProgram(program);
  if (found !== undefined) return found;
  const outcome = await aptInstall(program.debian);
  const installed = await searchProgram(program);
  if (installed !== undefined) return installed;
  throw missing(program, outcome);
}

/** Looks for a program without installing it. */
export async function searchProgram({
  file,
  folders,
}: Pick<Binary, "file" | "folders">): Promise<string | undefined> {
  for (const folder of [...folders, ...(process.env.PATH ?? "").split(delimiter)]) {
    const path = join(folder, file);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function missing({ name, debian, binaryVariable, urlVariable }: Binary, why: string): MeshError {
  const running = urlVariable === undefined ? "" : ` or ${urlVariable} to a running server`;
  return new MeshError(
    "SERVER_MISSING",
    `${name} is not there. ${why} Install the package ${debian}, or set ${binaryVariable} to its path${running}.`,
  );
}
