import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The package's own service must not start: a policy forbids that while we install, unless the system has one.
const script = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$1"
`;

/**
 * Installs a Debian package, one process at a time; those that waited find it installed. Does nothing without apt or
 * without root's rights.
 *
 * @returns what came of it, as a sentence for an error
 */
export async function aptInstall(name: string): Promise<string> {
  if (!existsSync("/usr/bin/apt-get")) return "This system has no apt to install it with.";
  if (process.getuid?.() !== 0) return "It can be installed by root only.";
  const lock = join(tmpdir(), "meshwright-apt.lock");
  const child = spawn("flock", [lock, "/bin/sh", "-c", script, "install", name], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const problem = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) =>
      resolve(code === 0 ? undefined : output.trim().split("\n").slice(-5).join("\n")),
    );
  });
  return problem === undefined ? `apt installed ${name}.` : `Installing ${name} failed: ${problem}`;
}
