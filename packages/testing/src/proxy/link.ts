import { connect, type Socket } from "node:net";

/** One client connection and the server connection it is passed on to. */
export interface Link {
  cut(): void;
  hold(): void;
  resume(): void;
  /** Holds for good: `resume` does nothing from now on. */
  strand(): void;
  halfClose(): void;
}

interface LinkHooks {
  delayMs(): number;
  closed(): void;
}

/** Connects to the target and passes on both directions. */
export function openLink(
  client: Socket,
  target: { readonly host: string; readonly port: number },
  hooks: LinkHooks,
): Link {
  const server = connect({ host: target.host, port: target.port, allowHalfOpen: true });
  let open = true;
  let stranded = false;
  const cut = (): void => {
    if (!open) return;
    open = false;
    up.stop();
    down.stop();
    client.resetAndDestroy();
    server.resetAndDestroy();
    hooks.closed();
  };
  const up = direct(client, server, hooks.delayMs, cut);
  const down = direct(server, client, hooks.delayMs, cut);
  return {
    cut,
    hold() {
      up.hold();
      down.hold();
    },
    resume() {
      if (stranded) return;
      up.resume();
      down.resume();
    },
    strand() {
      stranded = true;
      up.hold();
      down.hold();
    },
    halfClose: () => down.end(),
  };
}

interface Direction {
  hold(): void;
  resume(): void;
  end(): void;
  stop(): void;
}

/** Passes on one direction: chunks, the end, and the error, in order, each late by the delay of its time. */
function direct(from: Socket, to: Socket, delayMs: () => number, cut: () => void): Direction {
  // One queue and one timer for its head: several timers could change the order.
  const queue: { readonly due: number; readonly step: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let held = false;

  const flush = (): void => {
    clearTimeout(timer);
    for (let head = queue[0]; head !== undefined && !held; head = queue[0]) {
      const wait = head.due - Date.now();
      if (wait > 0) {
        timer = setTimeout(flush, wait);
        return;
      }
      queue.shift();
      head.step();
    }
  };
  const pass = (step: () => void): void => {
    queue.push({ due: Math.max(queue.at(-1)?.due ?? 0, Date.now() + delayMs()), step });
    flush();
  };

  from.on("data", (chunk: Buffer) =>
    pass(() => {
      if (to.writable) to.write(chunk);
    }),
  );
  from.on("end", () => pass(() => to.end()));
  from.on("error", () => pass(cut));
  from.on("close", () =>
    pass(() => {
      if (to.destroyed) cut();
    }),
  );
  from.resume();

  return {
    hold() {
      held = true;
      from.pause();
    },
    resume() {
      held = false;
      flush();
      from.resume();
    },
    end: () => to.end(),
    stop() {
      clearTimeout(timer);
      queue.length = 0;
    },
  };
}
