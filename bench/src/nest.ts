/** NestJS microservices as a contestant, on whatever transport: a controller's event handler, and a client that emits. */
import "reflect-metadata";
import { Controller, Logger, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  type ClientProvider,
  ClientProxyFactory,
  Ctx,
  EventPattern,
  type MicroserviceOptions,
  Payload,
} from "@nestjs/microservices";
import { lastValueFrom } from "rxjs";
import { type Contestant, eventOf, inBatches, type RunData, type Site, sample } from "./contestant.js";

export interface Transport {
  readonly server: (site: Site) => MicroserviceOptions;
  readonly client: (site: Site) => ClientProvider;
  /** Called after each event with the context of the transport. */
  readonly settle?: (context: unknown) => void;
}

export function nestContestant({ server, client, settle }: Transport): Contestant {
  return {
    async consume(site, handled) {
      const module = eventModule(site.name, (event, context) => {
        handled(event.data);
        settle?.(context);
      });
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
        ...server(site),
        logger: false,
      });
      await app.listen();
      return { close: () => app.close() };
    },

    async produce(site) {
      Logger.overrideLogger(false);
      const proxy = ClientProxyFactory.create(client(site));
      await proxy.connect();
      const emit = (event: unknown): Promise<unknown> => lastValueFrom(proxy.emit(site.name, event));
      const emitAll = (size: number): Promise<unknown> =>
        Promise.all(Array.from({ length: size }, () => emit(eventOf(sample))));
      return {
        flood: (count) => inBatches(count, { size: 256, underWay: 2 }, emitAll),
        send: (one) => emit(eventOf(one)),
        close: async () => proxy.close(),
      };
    },
  };
}

/** What a user writes with decorators, without: they would need a compiler of their own. */
function eventModule(
  pattern: string,
  handle: (event: { readonly data: RunData }, context: unknown) => void,
): new () => object {
  class EventController {
    handle(event: { readonly data: RunData }, context: unknown): void {
      handle(event, context);
    }
  }
  const { prototype } = EventController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "handle") as PropertyDescriptor;
  EventPattern(pattern)(prototype, "handle", descriptor);
  Payload()(prototype, "handle", 0);
  Ctx()(prototype, "handle", 1);
  Controller()(EventController);
  class EventModule {}
  Module({ controllers: [EventController] })(EventModule);
  return EventModule;
}
