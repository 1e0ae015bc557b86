import type { RandomSource } from "../random-source.ts";
import type { Request, Step } from "./step.ts";
import { aVersion } from "./step.ts";

const starts = [
  "",
  "",
  "resourceVersion=0",
  "resourceVersion={{a.rv|}}",
  "resourceVersion={{b.rv|}}",
  "resourceVersion={{c.rv|}}",
] as const;
const initials = [
  "",
  "",
  "",
  "sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
  "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
  "sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
  "sendInitialEvents=true",
  "resourceVersionMatch=Exact",
  "allowWatchBookmarks=true",
] as const;
const selections = [
  "",
  "",
  "",
  "labelSelector=app%3Da",
  "labelSelector=!tier",
  "fieldSelector=spec.color%3Dred",
  "fieldSelector=spec.replicas!%3D1",
  "fieldSelector=metadata.name%3Da",
  "fieldSelector=spec.color%3Dred&labelSelector=app",
  "fieldSelector=nonsense",
] as const;
const forms = [
  undefined,
  undefined,
  undefined,
  "table",
  "partial",
  "application/json;stream=watch",
  "application/cbor",
] as const;

/** Opens a watch that is read when the program ends. A list before it makes sure that no cache is behind. */
export const watch: Step = (random, at) => {
  const { prefix } = aVersion(random);
  const accept = random.pick(forms);
  const query = ["watch=1", ...parts(random)].join("&");
  const request: Request = {
    open: `watch${String(at)}`,
    get: `${prefix}twins?${query}`,
    ...(accept === undefined ? {} : { accept }),
  };
  return [{ get: `${prefix}twins` }, request];
};

function parts(random: RandomSource): readonly string[] {
  const include = random.isTrue(0.1) ? random.pick(["includeObject=None", "includeObject=Object"]) : "";
  return [random.pick(starts), random.pick(initials), random.pick(selections), include].filter(
    (part) => part !== "",
  );
}
