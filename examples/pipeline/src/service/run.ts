/** What every service shares: its start, its end, and the two small files it may keep. Imports node's own alone. */
import type { Mesh } from "@meshwright/core";

interface Parts {
  /** Started after the mesh, such as an HTTP server. What it returns goes into the ready line. */
  readonly open?: () => Promise<object>;
  /** Ended before the mesh stops: nothing new comes in, while what came can still be published. */
  readonly closeFirst?: () => Promise<void>;
  /** Ended after the mesh has stopped, such as files that handlers write. */
  readonly closeLast?: () => Promise<void>;
}

/**
 * Runs a service: starts its mesh, prints one line `{"ready":"<service>", …}`, and stops gracefully on SIGTERM, SIGINT
 * or the end of stdin (its parent is gone). The library installs no signal handlers; that is the application's to do.
 */
export async function runService(
  mesh: Pick<Mesh, "service" | "start" | "stop">,
  { open, closeFirst, closeLast }: Parts = {},
): Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= end();
    stopping.then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  const end = async (): Promise<void> => {
    await closeFirst?.();
    await mesh.stop({ timeout: "10s" });
    await closeLast?.();
  };

  await mesh.start();
  const details = await open?.();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
  process.stdin.once("end", stop).resume();
  console.log(JSON.stringify({ ready: mesh.service, ...details }));
}
