import type { Options } from "amqplib";

/** One message on its way: to an exchange, or with "" as the exchange to the queue that `key` names. */
export interface Outgoing {
  readonly exchange: string;
  readonly key: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
}
