import { rv } from "../metadata.ts";
import type { RandomSource } from "../random-source.ts";
import type { Request, Step } from "./step.ts";
import { aVersion, names } from "./step.ts";

/** Nothing that may be answered from a cache: that may be behind, on either server. */
const fresh = [
  "",
  "labelSelector=app+in+(a,b)",
  "labelSelector=app+notin+(a),tier",
  "labelSelector=tier",
  "labelSelector=!tier",
  "labelSelector=app!%3Da",
  "labelSelector=app%3D%3Da,tier%3Db",
  "labelSelector=app+in+()",
  "labelSelector=app%3Da%3Db",
  "labelSelector=-x",
  "labelSelector=app>1",
  "fieldSelector=spec.color%3Dred",
  "fieldSelector=spec.replicas!%3D1",
  "fieldSelector=spec.enabled%3Dfalse,spec.color!%3Dblue",
  "fieldSelector=metadata.name%3Da",
  "fieldSelector=metadata.namespace!%3D{{ns}}",
  "fieldSelector=spec.big%3D1",
  "fieldSelector=spec.color",
  "fieldSelector=spec.color%3Dred&labelSelector=app",
  "limit=1",
  "limit=2",
  "limit=0",
  "limit=-1",
  "limit=x",
  "limit=1&labelSelector=app",
  "limit=2&fieldSelector=spec.color%3Dred",
  "limit=1&continue={{page.continue|}}",
  "limit=2&continue={{page.continue|}}&labelSelector=app",
  "limit=1&continue=abc",
  "resourceVersion={{a.rv|}}&resourceVersionMatch=Exact",
  "resourceVersion={{b.rv|}}&resourceVersionMatch=Exact&limit=1",
  "resourceVersion=0&resourceVersionMatch=Exact",
  "resourceVersionMatch=Exact",
  "resourceVersion={{a.rv|1}}&resourceVersionMatch=Most",
  "resourceVersion=x",
  "resourceVersion=-1",
  "timeoutSeconds=5",
  "timeoutSeconds=x",
  "sendInitialEvents=true",
  "allowWatchBookmarks=true",
] as const;

/** Answered by a cache, at least as new as the list before it. */
const cached = [
  "resourceVersion=0",
  "resourceVersion={{a.rv|0}}",
  "resourceVersion={{b.rv|0}}&resourceVersionMatch=NotOlderThan",
  "resourceVersion=0&resourceVersionMatch=NotOlderThan&labelSelector=app",
  "resourceVersion=0&limit=1",
  "limit=1&continue={{page.continue|}}&resourceVersion=0",
  "resourceVersion={{a.rv|0}}&limit=1",
  "resourceVersion=0&fieldSelector=spec.color%3Dred",
] as const;

export const listForms = [
  undefined,
  undefined,
  undefined,
  "table",
  "partialList",
  "yaml",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/vnd.kubernetes.protobuf,application/json",
  "application/json;pretty=1",
  "text/html,*/*;q=0.8",
  "application/cbor",
  "text/plain",
] as const;

/** Lists objects: selected, in pages, at some revision, in some form. */
export const list: Step = (random) => {
  const { prefix } = aVersion(random);
  const accept = random.pick(listForms);
  const shown = accept === undefined ? {} : { accept };
  if (random.isTrue(0.15)) {
    return [
      { get: `${prefix}twins` },
      { get: `${prefix}twins?${random.pick(cached)}`, as: "page", ...shown },
    ];
  }
  const include =
    accept === "table" && random.isTrue(0.3)
      ? random.pick(["includeObject=None", "includeObject=Object", "includeObject=x"])
      : "";
  const query = [random.pick(fresh), include].filter((part) => part !== "").join("&");
  return { get: `${prefix}twins${query === "" ? "" : `?${query}`}`, as: "page", ...shown };
};

const objectForms = [
  undefined,
  undefined,
  "table",
  "partial",
  "partialList",
  "yaml",
  "application/vnd.kubernetes.protobuf,application/json",
  "application/cbor",
  "application/json;as=Table;v=v9;g=meta.k8s.io",
  "application/json;as=Other;v=v1;g=meta.k8s.io",
] as const;

/** Reads an object. */
export const read: Step = (random) => {
  const name = random.pick(names);
  const accept = random.pick(objectForms);
  const { prefix } = aVersion(random);
  const query = random.isTrue(0.8)
    ? ""
    : random.pick(["?pretty=true", "?includeObject=Object", `?resourceVersion=x`, "?bogus=1"]);
  const subresource = random.isTrue(0.1) ? random.pick(["/status", "/scale", "/none"]) : "";
  const request: Request = {
    get: `${prefix}twins/${name}${subresource}${query}`,
    ...(accept === undefined ? {} : { accept }),
  };
  if (random.isTrue(0.9)) return request;
  return [
    { get: `${prefix}twins` },
    { get: `${prefix}twins/${name}?resourceVersion=${cachedRevision(random, name)}` },
  ];
};

const cachedRevision = (random: RandomSource, name: string): string => (random.isTrue(0.5) ? "0" : rv(name));
