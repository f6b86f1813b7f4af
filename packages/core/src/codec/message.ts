/** An event on the wire: what a broker stores, less the addressing. */
export interface EncodedEvent {
  /** `application/cloudevents+json` in structured mode, else the media type of the data; "" where it has none. */
  readonly contentType: string;
  /** `ce-…` headers in binary mode, else empty. Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The media type of one event in the JSON event format. */
export const eventMediaType = "application/cloudevents+json";

export const noHeaders: Readonly<Record<string, string>> = Object.freeze({});
