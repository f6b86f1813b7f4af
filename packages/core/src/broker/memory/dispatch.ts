import type { Group } from "./group.js";
import type { Member } from "./member.js";

/** Hands what a group has to the members that asked for it, in turn, each its share. */
export function dispatch(group: Group): void {
  reportGap(group);
  const idle: Member[] = [];
  for (let member = group.waiting.shift(); member !== undefined; member = group.waiting.shift()) {
    member.queued = false;
    if (!member.hungry) continue;
    const share = Math.ceil(group.available / (group.waiting.size + 1));
    const batch = share > 0 ? group.take(member, Math.min(member.room, share)) : [];
    if (batch.length > 0) member.receive(batch);
    else idle.push(member);
  }
  for (const member of idle) {
    member.queued = true;
    group.waiting.push(member);
  }
}

/** Once per connection that has members of the group; kept until there is one. */
function reportGap(group: Group): void {
  if (group.missed === 0 || group.members.size === 0) return;
  const { missed, name } = group;
  group.missed = 0;
  const reports = new Set([...group.members].map((member) => member.link));
  for (const link of reports) link.report({ kind: "gap", channel: group.channel.name, group: name, missed });
}
