/** Gives positions to what is there, again and again. Arguments: URL. */
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { postgresStore } from "@meshwright/postgres";

const store = postgresStore({ url: process.argv[2] ?? "" });
await store.open({ clock: systemClock, logger: silentLogger });
for (let before = -1; ; ) {
  const head = await store.streams.head();
  if (head > before) console.log(`head ${head}`);
  before = head;
}
