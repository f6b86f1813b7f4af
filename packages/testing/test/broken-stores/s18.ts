import type { StoreSin } from "./sin.js";
import { committedRows, later, withLog } from "./twists.js";

export const s18: StoreSin = {
  sin: "a category is what a name begins with",
  caughtBy: { "S18/category": /category "order"/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page({ category = "", ...page }) {
        const { rows, through } = await log.page(page);
        return { rows: rows.filter(({ stream }) => stream.startsWith(category)), through };
      },
    })),
};

export const s18Slash: StoreSin = {
  sin: 'a stream without "/" has no category',
  caughtBy: { "S18/category": /category "order"/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page(page) {
        const { rows, through } = await log.page(page);
        const fits = (stream: string): boolean => page.category === undefined || stream.includes("/");
        return { rows: rows.filter(({ stream }) => fits(stream)), through };
      },
    })),
};

export const s18Pattern: StoreSin = {
  sin: "types are what a type begins with",
  caughtBy: { "S18/types": /"types":\["com.example.a.v1"\]/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page({ types, ...page }) {
        const { rows, through } = await log.page(page);
        const fits = (type: string): boolean => types?.some((one) => type.startsWith(one)) ?? true;
        return { rows: rows.filter(({ text }) => fits(JSON.parse(text).type)), through };
      },
    })),
};

export const s18All: StoreSin = {
  sin: "no types are all types",
  caughtBy: { "S18/types": /"types":\[\]/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      page: ({ types = [], ...page }) => log.page(types.length === 0 ? page : { ...page, types }),
    })),
};

export const s18Head: StoreSin = {
  sin: "`through` is the head, however much was cut off",
  caughtBy: { "S18/through": /1 at a time/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page(page) {
        const { rows } = await log.page(page);
        return { rows, through: Math.max(page.after, committedRows(stage).length) };
      },
    })),
};

export const s18Found: StoreSin = {
  sin: "`through` is the last one that was found, and where nothing fits no one comes on",
  caughtBy: { "S18/through": /does not come past/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page(page) {
        const { rows } = await log.page(page);
        return { rows, through: rows.at(-1)?.position ?? page.after };
      },
    })),
};

export const s18Later: StoreSin = {
  sin: "where all was given `through` is the head, as it is a moment later",
  caughtBy: { "S18/while-appending": /deep-equal/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async page(page) {
        const { rows, through } = await log.page(page);
        if (rows.length >= page.limit) return { rows, through };
        await later();
        return { rows, through: Math.max(page.after, committedRows(stage).length) };
      },
    })),
};
