/** Short ways to say what happened. Times are UTC: "2026-03-30 12:00". */
import {
  artifactPackaged,
  artifactPublished,
  type CdEventInit,
  type CdEventOf,
  cdevent,
  changeCreated,
  changeMerged,
  type IncidentContent,
  incidentDetected,
  incidentReported,
  incidentResolved,
  serviceDeployed,
  serviceRolledBack,
  serviceUpgraded,
} from "../../src/index.js";

export type DoraEvent = CdEventOf<
  | typeof changeCreated
  | typeof changeMerged
  | typeof artifactPackaged
  | typeof artifactPublished
  | typeof serviceDeployed
  | typeof serviceUpgraded
  | typeof serviceRolledBack
  | typeof incidentDetected
  | typeof incidentReported
  | typeof incidentResolved
>;

/** What is said beside: a chain, custom data, another source. */
type More = Partial<Pick<CdEventInit<unknown>, "chainId" | "customData" | "source">>;

let made = 0;

function init(time: string, more: More) {
  const timestamp = `${time.replace(" ", "T")}:00Z`;
  return { id: `event-${++made}`, source: "https://ci.example/acme", timestamp, ...more };
}

export const created = (time: string, id: string, more: More = {}): DoraEvent =>
  cdevent(changeCreated, { ...init(time, more), subject: { id, content: {} } });

export const merged = (time: string, id: string, more: More = {}): DoraEvent =>
  cdevent(changeMerged, { ...init(time, more), subject: { id, content: {} } });

export const packaged = (time: string, id: string, change: string, more: More = {}): DoraEvent =>
  cdevent(artifactPackaged, { ...init(time, more), subject: { id, content: { change: { id: change } } } });

export const published = (time: string, id: string, more: More = {}): DoraEvent =>
  cdevent(artifactPublished, { ...init(time, more), subject: { id, content: {} } });

interface Place extends More {
  /** Default "production". */
  readonly environment?: string;
}

function running(time: string, id: string, artifactId: string, { environment, ...more }: Place) {
  const content = { environment: { id: environment ?? "production" }, artifactId };
  return { ...init(time, more), subject: { id, content } };
}

export const deployed = (time: string, service: string, artifact: string, place: Place = {}): DoraEvent =>
  cdevent(serviceDeployed, running(time, service, artifact, place));

export const upgraded = (time: string, service: string, artifact: string, place: Place = {}): DoraEvent =>
  cdevent(serviceUpgraded, running(time, service, artifact, place));

export const rolledBack = (time: string, service: string, artifact: string, place: Place = {}): DoraEvent =>
  cdevent(serviceRolledBack, running(time, service, artifact, place));

interface Trouble extends Place {
  readonly service?: string;
  readonly artifactId?: string;
}

function trouble(time: string, id: string, { environment, service, artifactId, ...more }: Trouble) {
  const content: IncidentContent = {
    environment: { id: environment ?? "production" },
    ...(service === undefined ? {} : { service: { id: service } }),
    ...(artifactId === undefined ? {} : { artifactId }),
  };
  return { ...init(time, more), subject: { id, content } };
}

export const detected = (time: string, id: string, about: Trouble = {}): DoraEvent =>
  cdevent(incidentDetected, trouble(time, id, about));

export const reported = (time: string, id: string, about: Trouble = {}): DoraEvent => {
  const { subject, ...rest } = trouble(time, id, about);
  const content = { ...subject.content, ticketURI: `https://tickets.example/${id}` };
  return cdevent(incidentReported, { ...rest, subject: { id, content } });
};

export const resolved = (time: string, id: string, about: Trouble = {}): DoraEvent =>
  cdevent(incidentResolved, trouble(time, id, about));
