import { rv } from "../metadata.ts";
import type { RandomSource } from "../random-source.ts";
import type { Request, Step } from "./step.ts";
import { aVersion, names } from "./step.ts";

/** DeleteOptions in protobuf, with nothing in them. */
const emptyOptions = 'k8s\0\n\x13\n\x02v1\x12\rDeleteOptions\x12\0\x1a\0"\0';

/** Deletes an object. */
export const remove: Step = (random) => {
  const name = random.pick(names);
  const { prefix } = aVersion(random);
  const path = `${prefix}twins/${name}`;
  const accept = random.isTrue(0.08) ? { accept: random.pick(["table", "partial", "yaml"]) } : {};
  return {
    ...random.pick<() => Request>([
      () => ({ delete: path }),
      () => ({ delete: `${path}?dryRun=All` }),
      () => ({ delete: `${path}?${query(random)}` }),
      () => ({ delete: path, body: body(random, name) }),
      () => ({ delete: path, body: body(random, name) }),
      () => ({
        delete: path,
        headers: { "content-type": "application/vnd.kubernetes.protobuf" },
        body: emptyOptions,
      }),
    ])(),
    ...accept,
  };
};

const queries = [
  "propagationPolicy=Background",
  "propagationPolicy=Foreground",
  "propagationPolicy=Orphan",
  "propagationPolicy=Never",
  "gracePeriodSeconds=0",
  "gracePeriodSeconds=30",
  "gracePeriodSeconds=-1",
  "gracePeriodSeconds=x",
  "orphanDependents=true",
  "orphanDependents=true&propagationPolicy=Orphan",
  "dryRun=All&propagationPolicy=Foreground",
  "dryRun=Some",
  "ignoreStoreReadErrorWithClusterBreakingPotential=true",
] as const;

const query = (random: RandomSource): string => random.pick(queries);

function body(random: RandomSource, name: string): object {
  const parts = random.pick<object>([
    { preconditions: { resourceVersion: rv(name) } },
    { preconditions: { resourceVersion: "1" } },
    { preconditions: { resourceVersion: "" } },
    { preconditions: { uid: `{{${name}.uid|x}}` } },
    { preconditions: { uid: "11111111-2222-3333-4444-555555555555", resourceVersion: "1" } },
    { preconditions: {} },
    { preconditions: null },
    { gracePeriodSeconds: 0 },
    { gracePeriodSeconds: 5, propagationPolicy: "Background" },
    { gracePeriodSeconds: "5" },
    { propagationPolicy: "Foreground" },
    { propagationPolicy: "Orphan" },
    { propagationPolicy: "Orphan", orphanDependents: true },
    { orphanDependents: false },
    { dryRun: ["All"] },
    { dryRun: [] },
    { dryRun: ["All", "Some"] },
    { bogus: 1 },
  ]);
  const head = random.pick<object>([
    { kind: "DeleteOptions", apiVersion: "v1" },
    { kind: "DeleteOptions", apiVersion: "v1" },
    {},
    { kind: "DeleteOptions", apiVersion: "twin.example.com/v1" },
    { kind: "Twin", apiVersion: "v1" },
  ]);
  return { ...head, ...parts };
}

/** Deletes what a selector selects. A list before it makes sure that no cache is behind. */
export const removeMany: Step = (random) => {
  const { prefix } = aVersion(random);
  const selection = random.pick(selections);
  const request = {
    delete: `${prefix}twins${selection}`,
    ...(random.isTrue(0.2)
      ? {
          body: {
            kind: "DeleteOptions",
            apiVersion: "v1",
            ...(random.isTrue(0.5) ? { propagationPolicy: "Foreground" } : { dryRun: ["All"] }),
          },
        }
      : {}),
  };
  return selection.includes("resourceVersion=0") ? [{ get: `${prefix}twins` }, request] : request;
};

const selections = [
  "?labelSelector=app%3Da",
  "?labelSelector=!app",
  "?labelSelector=app+in+(a,b),!tier",
  "?labelSelector=%3D",
  "?fieldSelector=spec.color%3Dred",
  "?fieldSelector=metadata.name%3Da",
  "?fieldSelector=spec.nothing%3Da",
  "?dryRun=All",
  "?limit=1",
  "?limit=1&labelSelector=app",
  "?propagationPolicy=Orphan&labelSelector=tier",
  "?gracePeriodSeconds=10&labelSelector=tier",
  "?resourceVersion=0&dryRun=All",
  "",
] as const;
