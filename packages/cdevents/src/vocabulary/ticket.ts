/** A piece of work in an issue tracker (continuous-operations.md). */
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { type ContentFields, nonEmptyText, optional, text, texts, uriReference } from "./fields.js";

/** What all ticket events may tell. */
export interface TicketDetails {
  /** "bug", "enhancement", "incident", "task", "question", or what the tracker calls it. */
  readonly ticketType?: string;
  readonly group?: string;
  readonly assignees?: readonly string[];
  /** "low", "medium", "high", or what the tracker calls it. */
  readonly priority?: string;
  readonly labels?: readonly string[];
  readonly milestone?: string;
  /** Where the ticket can be seen. */
  readonly uri: string;
}

export interface TicketCreatedContent extends TicketDetails {
  readonly summary: string;
  readonly creator: string;
}

export interface TicketUpdatedContent extends TicketDetails {
  readonly summary?: string;
  readonly creator?: string;
  readonly updatedBy?: string;
}

export interface TicketClosedContent extends TicketUpdatedContent {
  /** How it ended: "completed", "withdrawn", "duplicate", or what the tracker calls it. */
  readonly resolution: string;
}

const details: ContentFields<TicketDetails> = {
  ticketType: optional(text),
  group: optional(text),
  assignees: optional(texts),
  priority: optional(text),
  labels: optional(texts),
  milestone: optional(text),
  uri: uriReference,
};

export const ticketCreated: CdEventDefinition<"dev.cdevents.ticket.created.0.2.0", TicketCreatedContent> =
  defineCdEvent("dev.cdevents.ticket.created.0.2.0", "A ticket was created.", {
    ...details,
    summary: text,
    creator: nonEmptyText,
  });

export const ticketUpdated: CdEventDefinition<"dev.cdevents.ticket.updated.0.2.0", TicketUpdatedContent> =
  defineCdEvent("dev.cdevents.ticket.updated.0.2.0", "A ticket changed.", {
    ...details,
    summary: optional(text),
    creator: optional(nonEmptyText),
    updatedBy: optional(text),
  });

export const ticketClosed: CdEventDefinition<"dev.cdevents.ticket.closed.0.2.0", TicketClosedContent> =
  defineCdEvent("dev.cdevents.ticket.closed.0.2.0", "A ticket was closed.", {
    ...details,
    summary: optional(text),
    creator: optional(nonEmptyText),
    updatedBy: optional(text),
    resolution: nonEmptyText,
  });
