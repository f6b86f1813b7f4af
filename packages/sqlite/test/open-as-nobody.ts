/** Opens a file with the rights of nobody, where they can be given up, and prints the code of the refusal. */
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";

const broker = sqliteBroker({ path: process.argv[2] ?? "" });
// Loads the driver first: its files may be out of reach afterwards.
const warmUp = sqliteBroker({ path: ":memory:" });
const context = {
  namespace: "test",
  service: "test",
  clock: systemClock,
  logger: silentLogger,
  report: () => undefined,
};
await warmUp.open(context);
await warmUp.close();
if (process.getuid?.() === 0) process.setuid?.(65534);
const code = await broker.open(context).then(
  () => "opened",
  (error: { readonly code?: string }) => error.code,
);
console.log(code);
await broker.close();
