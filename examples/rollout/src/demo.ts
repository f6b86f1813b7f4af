/**
 * The demo: `npm run demo` in this folder. Three rollouts with real servers and real traffic. Exit code 1 if anything is not
 * as it must be.
 */
import { openSite } from "./demo/site.js";
import { tell } from "./demo/story.js";

const began = performance.now();
const wrong: string[] = [];
const site = await openSite("v1", { v3: 3 });
try {
  await tell(site, {
    say: (text) => console.log(text),
    check: (holds, what) => void (holds || wrong.push(what)),
  });
} catch (error) {
  console.error(error);
  wrong.push("the demo comes to its end");
} finally {
  await site.close();
}
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(wrong.length === 0 ? `All as it must be, in ${seconds} s.` : "Not as it must be:");
for (const what of wrong) console.error(`  not so: ${what}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
