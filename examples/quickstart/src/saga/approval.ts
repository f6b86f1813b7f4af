import { saga } from "@meshwright/core";
import { releaseApproved, releaseOpened, releaseStarted } from "./events.js";

const chat = { post: async (text: string) => console.log(text) };

// define
export const approval = saga(
  "approval",
  {
    startedBy: releaseOpened, // the event that starts one
    key: (event) => event.data.id, // one instance for each
    events: [releaseApproved], // what it may wait for
  },
  async (run, start) => {
    const { id } = start.data;
    await run.step("announce", () => chat.post(`release ${id} waits for approval`));
    const approved = await run.waitFor(releaseApproved, { where: { data: { id } }, timeout: "2d" });
    if (!approved) return run.fail("nobody approved it");
    await run.publish(releaseStarted, { id });
    return approved.data.by;
  },
);
// end define
