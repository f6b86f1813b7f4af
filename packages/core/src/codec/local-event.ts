import { checkEvent, type EventRecord, isBytes } from "../event/check.js";
import type { MeshEvent } from "../event/event.js";
import { formatJson } from "./json-text.js";
import { type EncodedEvent, eventMediaType, noHeaders } from "./message.js";

/** Per attribute: two quotes around each of name and value, a colon, a comma. */
const punctuation = 6;

/**
 * An event in structured mode that does not leave the process. Attributes are texts, numbers and booleans, which JSON
 * gives back as they were, so they are copied; the data goes through JSON as it would elsewhere. The text of the whole
 * is written when somebody asks for it.
 */
export class LocalEvent implements EncodedEvent {
  readonly id: string;
  readonly type: string;
  /** About the length of `body` in UTF-16 units; its bytes are never more than three times this. */
  readonly units: number;
  readonly #event: MeshEvent;
  readonly #data: string;
  #body: string | undefined;

  /**
   * @param event - one that `isLocal` says yes to
   * @throws InvalidEventError where the event is not valid, or its data cannot be written
   */
  constructor(event: MeshEvent) {
    checkEvent(event);
    this.id = event.id;
    this.type = event.type;
    const copy = { ...event };
    this.#event = copy;
    this.#data = formatJson(event.data);
    this.units = this.#data.length + unitsOfAttributes(copy);
  }

  get contentType(): string {
    return eventMediaType;
  }

  get headers(): Readonly<Record<string, string>> {
    return noHeaders;
  }

  get body(): string {
    this.#body ??= formatJson(this.event());
    return this.#body;
  }

  /** The event, a new one each time. */
  event(): MeshEvent {
    return { ...this.#event, data: JSON.parse(this.#data) };
  }
}

/** Whether JSON gives back the attributes as they are: it leaves out what is undefined, and -0 becomes 0. */
export function isLocal(event: MeshEvent): boolean {
  const members: EventRecord = { ...event };
  for (const name in members) {
    const value = members[name];
    if (value === undefined || value === null || Object.is(value, -0)) return false;
  }
  return event.data !== undefined && !isBytes(event.data);
}

function unitsOfAttributes(event: EventRecord): number {
  let units = punctuation;
  for (const name in event) {
    if (name !== "data") units += name.length + String(event[name]).length + punctuation;
  }
  return units;
}
