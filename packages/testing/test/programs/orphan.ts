import { forkBroker } from "../../src/index.js";

const broker = await forkBroker({
  module: new URL("./memory.ts", import.meta.url),
  options: { linger: true },
});
console.log(`child ${broker.pid}`);
setInterval(() => undefined, 1_000);
