import type { Filter, MeshEvent } from "@meshwright/core";

export interface FilterCase {
  readonly name: string;
  readonly filter: Filter;
  readonly event: MeshEvent;
  readonly expected: boolean;
}

/** An event with these attributes besides the required ones. */
export function eventWith(attributes: Readonly<Record<string, unknown>>): MeshEvent {
  return {
    specversion: "1.0",
    id: "1",
    source: "/ci",
    type: "a.b",
    data: undefined,
    ...attributes,
  } as MeshEvent;
}

/** An event with this data. */
export function eventOf(data: unknown): MeshEvent {
  return eventWith({ data });
}

/** One filter against events that it wants and events that it does not want. */
export function cases(
  filter: unknown,
  events: { readonly yes?: readonly MeshEvent[]; readonly no?: readonly MeshEvent[] },
): readonly FilterCase[] {
  const one = (event: MeshEvent, expected: boolean): FilterCase => ({
    name: `${show(filter)} ${expected ? "wants" : "does not want"} ${show(event)}`,
    filter: filter as Filter,
    event,
    expected,
  });
  return [
    ...(events.yes ?? []).map((event) => one(event, true)),
    ...(events.no ?? []).map((event) => one(event, false)),
  ];
}

/** One list of matchers against values of the field `data.f`; undefined leaves the field out. */
export function fieldCases(
  matchers: readonly unknown[],
  values: { readonly yes?: readonly unknown[]; readonly no?: readonly unknown[] },
): readonly FilterCase[] {
  const event = (f: unknown): MeshEvent => eventOf(f === undefined ? {} : { f });
  return cases(
    { data: { f: matchers } },
    { yes: values.yes?.map(event) ?? [], no: values.no?.map(event) ?? [] },
  );
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "function" ? "a function" : inner,
  );
}
