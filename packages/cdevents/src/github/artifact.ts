import { artifactPublished } from "../vocabulary/artifact.js";
import { type Delivery, type Repository, repositoryOf, type Verdict } from "./delivery.js";
import { githubPurl, purlPath, purlSegment } from "./ids.js";
import {
  commitId,
  firstTime,
  flag,
  isAbsent,
  name,
  object,
  optionalName,
  optionalText,
  type Place,
  time,
  url,
} from "./payload.js";

/** `release`: an artifact is published. */
export function release(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "published") return { ignore: "only a published release publishes an artifact" };
  const repository = repositoryOf(payload);
  const published = object(payload, "release");
  const tag = name(published, "tag_name");
  const target = optionalText(published, "target_commitish");
  return [
    delivery.event(artifactPublished, {
      repository,
      timestamp: time(published, "published_at"),
      subject: { id: githubPurl(repository.fullName, tag), content: user(published) },
      commit: commitId(target),
      customData: {
        url: url(published, "html_url"),
        tag,
        target,
        headSha: commitId(target),
        prerelease: flag(published, "prerelease"),
      },
    }),
  ];
}

/** `package`, and `registry_package`, its older name: an artifact is published. */
export function packagePublished(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "published") return { ignore: "only a published package version publishes an artifact" };
  const repository = repositoryOf(payload);
  const field = isAbsent(payload, "package") ? "registry_package" : "package";
  const found = object(payload, field);
  const version = object(found, "package_version");
  const headSha = commitId(optionalText(version, "target_oid"));
  return [
    delivery.event(artifactPublished, {
      repository,
      timestamp: firstTime(found, ["package_version", "created_at"], ["created_at"]),
      subject: { id: packageUrl(repository, found, version), content: user(version) },
      commit: headSha,
      customData: {
        url: url(found, "html_url"),
        package: name(found, "name"),
        version: name(version, "version"),
        packageType: name(found, "package_type"),
        headSha,
      },
    }),
  ];
}

function user(place: Place): { readonly user?: string } {
  const login = optionalName(place, "author", "login");
  return login === undefined ? {} : { user: login };
}

/** GitHub's registries, by package type: the package URL type, and the host, which is not that type's usual one. */
const registries: ReadonlyMap<string, { readonly type: string; readonly host: string }> = new Map([
  ["npm", { type: "npm", host: "npm.pkg.github.com" }],
  ["maven", { type: "maven", host: "maven.pkg.github.com" }],
  ["rubygems", { type: "gem", host: "rubygems.pkg.github.com" }],
  ["nuget", { type: "nuget", host: "nuget.pkg.github.com" }],
  ["docker", { type: "docker", host: "docker.pkg.github.com" }],
  ["container", { type: "docker", host: "ghcr.io" }],
]);

function packageUrl({ fullName }: Repository, found: Place, version: Place): string {
  const registry = registries.get(name(found, "package_type").toLowerCase());
  const type = registry?.type ?? "generic";
  const owner = optionalName(found, "owner", "login") ?? fullName.split("/")[0] ?? fullName;
  const path = purlPath(packagePath(type, owner, name(found, "name")));
  const host = registry === undefined ? "" : `?repository_url=${registry.host}`;
  return `pkg:${type}/${path}@${purlSegment(name(version, "version"))}${host}`;
}

function packagePath(type: string, owner: string, packageName: string): string {
  if (type === "npm") return npmPath(owner, packageName);
  if (type === "maven") return packageName.replace(/\.(?=[^.]+$)/, "/");
  if (type === "docker") return `${owner}/${packageName}`.toLowerCase();
  return type === "generic" ? `${owner}/${packageName}` : packageName;
}

/** The scope of a package at GitHub's npm registry is its owner, also where the payload leaves it out. */
function npmPath(owner: string, packageName: string): string {
  return (packageName.startsWith("@") ? packageName : `@${owner}/${packageName}`).toLowerCase();
}
