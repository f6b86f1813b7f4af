import { repositoryCreated, repositoryDeleted, repositoryModified } from "../vocabulary/repository.js";
import { type Delivery, repositoryOf, type Verdict } from "./delivery.js";
import { name, optionalText, time, url } from "./payload.js";

const changes: ReadonlySet<string> = new Set([
  "edited",
  "renamed",
  "transferred",
  "archived",
  "unarchived",
  "publicized",
  "privatized",
]);

/** `repository`: a repository is created, modified or deleted. */
export function repository(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "created" && action !== "deleted" && !changes.has(action)) {
    return { ignore: "no repository was created, modified or deleted" };
  }
  const found = repositoryOf(payload);
  const { place, fullName, url: viewUrl } = found;
  const content = {
    name: name(place, "name"),
    owner: name(place, "owner", "login"),
    uri: url(place, "clone_url"),
    viewUrl,
  };
  const common = {
    repository: found,
    timestamp: time(place, action === "created" ? "created_at" : "updated_at"),
    subject: { id: fullName, content },
    customData: {
      action,
      formerName: optionalText(payload, "changes", "repository", "name", "from"),
      visibility: optionalText(place, "visibility"),
    },
  };
  if (action === "created") return [delivery.event(repositoryCreated, common)];
  if (action === "deleted") return [delivery.event(repositoryDeleted, common)];
  return [delivery.event(repositoryModified, common)];
}
