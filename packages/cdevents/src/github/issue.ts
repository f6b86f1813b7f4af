import { ticketClosed, ticketCreated, ticketUpdated } from "../vocabulary/ticket.js";
import { type Delivery, repositoryOf, type Verdict } from "./delivery.js";
import {
  entries,
  firstTime,
  integer,
  name,
  object,
  optionalName,
  optionalText,
  type Place,
  text,
  time,
  url,
} from "./payload.js";

const updates: ReadonlySet<string> = new Set([
  "edited",
  "reopened",
  "labeled",
  "unlabeled",
  "assigned",
  "unassigned",
  "milestoned",
  "demilestoned",
]);

/** How an issue ends, for those whose end GitHub does not call closing. */
const endings: ReadonlyMap<string, string> = new Map([
  ["closed", "completed"],
  ["deleted", "withdrawn"],
  ["transferred", "transferred"],
]);

/** GitHub's reasons as the resolutions that the specification names. */
const resolutions: ReadonlyMap<string, string> = new Map([
  ["not_planned", "withdrawn"],
  ["duplicate", "duplicate"],
]);

/** `issues`: a ticket is created, updated or closed. */
export function issues(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  const ending = endings.get(action);
  if (action !== "opened" && ending === undefined && !updates.has(action)) {
    return { ignore: "nothing that a ticket tells has changed" };
  }
  const repository = repositoryOf(payload);
  const issue = object(payload, "issue");
  const number = integer(issue, "number");
  const content = contentOf(issue, repository.fullName);
  const sender = optionalName(payload, "sender", "login");
  const changed = { ...content, ...(sender === undefined ? {} : { updatedBy: sender }) };
  const common = { repository, customData: { state: optionalText(issue, "state") } };
  const id = `${repository.fullName}/issues/${number}`;

  if (action === "opened") {
    return [
      delivery.event(ticketCreated, {
        ...common,
        subject: { id, content },
        timestamp: time(issue, "created_at"),
      }),
    ];
  }
  if (ending === undefined) {
    return [
      delivery.event(ticketUpdated, {
        ...common,
        subject: { id, content: changed },
        timestamp: time(issue, "updated_at"),
      }),
    ];
  }
  const reason = action === "closed" ? optionalText(issue, "state_reason") : undefined;
  const resolution = resolutions.get(reason ?? "") ?? ending;
  return [
    delivery.event(ticketClosed, {
      ...common,
      subject: { id, content: { ...changed, resolution } },
      timestamp:
        action === "closed" ? firstTime(issue, ["closed_at"], ["updated_at"]) : time(issue, "updated_at"),
    }),
  ];
}

function contentOf(issue: Place, group: string) {
  const milestone = optionalText(issue, "milestone", "title");
  return {
    summary: text(issue, "title"),
    creator: name(issue, "user", "login"),
    uri: url(issue, "html_url"),
    group,
    assignees: entries(issue, "assignees").map((assignee) => name(assignee, "login")),
    labels: entries(issue, "labels").map((label) => name(label, "name")),
    ...(milestone === undefined ? {} : { milestone }),
  };
}
