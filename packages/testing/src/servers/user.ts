import { readFile, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { MeshError } from "@meshwright/core/adapter";

/** Whom to run a program as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user for a program that refuses to run as root.
 *
 * @param name - whom to take in place of root
 * @returns undefined where we are not root, and run it as ourselves
 * @throws MeshError `SERVER_NOT_STARTED` when there is no such user
 */
export async function userInsteadOfRoot(name: string): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n");
  const fields = lines.map((line) => line.split(":")).find(([known]) => known === name);
  if (fields === undefined)
    throw new MeshError(
      "SERVER_NOT_STARTED",
      `What refuses to run as root needs a user ${name}, and there is none. Run useradd --system ${name}, or test as somebody else than root.`,
    );
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The folder for temporary ones that a user can reach: root's own may lie where nobody else may enter. */
export async function temporaryFolderOf(user: User | undefined): Promise<string> {
  const usual = tmpdir();
  return user === undefined || (await isOpenToAll(await realpath(usual))) ? usual : "/tmp";
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isOpenToAll(parent);
}
