import type { Server } from "./server.js";

/** Several servers that make one thing; closing it closes all of them. */
export interface ServerGroup extends AsyncDisposable {
  close(): Promise<void>;
}

/**
 * Builds a thing of several servers. If that fails midway, those that started are closed.
 *
 * @param build - gets a function that every server it starts has to go through
 */
export async function serverGroup<T extends object>(
  build: (keep: <S extends Server>(starting: Promise<S>) => Promise<S>) => Promise<T>,
): Promise<T & ServerGroup> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const built = await build(async (starting) => {
      const server = await starting;
      servers.push(server);
      return server;
    });
    return Object.assign(built, { close, [Symbol.asyncDispose]: close });
  } catch (error) {
    await close();
    throw error;
  }
}
