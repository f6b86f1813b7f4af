import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { aptInstall } from "./apt.js";

/** Where a server's program comes from. */
export interface Program {
  /** "redis" */
  readonly id: string;
  /** For errors: "Redis". */
  readonly name: string;
  readonly file: string;
  /** Looked at before PATH. */
  readonly folders: readonly string[];
  /** Debian's package that has it. */
  readonly debian: string;
  /** Environment variables: the program's path, and the address of a running server to use instead. */
  readonly binaryVariable: string;
  readonly urlVariable: string;
  readonly defaultPort: number;
}

/**
 * The path of a server's program, installed first where it is missing and apt can.
 *
 * @param stated - a path that overrides the environment
 * @throws MeshError `SERVER_MISSING`, which names the package and the variables
 */
export async function findProgram(program: Program, stated?: string): Promise<string> {
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
}: Pick<Program, "file" | "folders">): Promise<string | undefined> {
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

function missing({ name, debian, binaryVariable, urlVariable }: Program, why: string): MeshError {
  return new MeshError(
    "SERVER_MISSING",
    `${name} is not there. ${why} Install the package ${debian}, or set ${binaryVariable} to its path or ${urlVariable} to a running server.`,
  );
}
