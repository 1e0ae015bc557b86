/** What the steps of a program have in common. */
import type { Exchange } from "../../replay/exchange.ts";
import type { RandomSource } from "../random-source.ts";

/** A request without the name it gets in its program. */
export type Request = Omit<Exchange, "name">;

/** Makes a request, or some that belong together. The number is that of the step, for names of its own. */
export type Step = (random: RandomSource, at: number) => Request | readonly Request[];

export const names = ["a", "b", "c"] as const;
export const appliers = ["m1", "m2", "m3"] as const;
export const updaters = ["u1", "u2"] as const;

/** The version a request is made in: `v1:` is left out. */
export interface Version {
  readonly prefix: string;
  /** What an object of it says, for the short form of a Twin. */
  readonly fields: Readonly<Record<string, string>>;
}

const version = (name: string): Version => ({ prefix: `${name}:`, fields: { version: name } });
export const newest: Version = { prefix: "", fields: {} };

export function aVersion(random: RandomSource): Version {
  if (random.isTrue(0.82)) return newest;
  return version(random.isTrue(0.75) ? "v1beta1" : "v1alpha1");
}

/** Options of a write, as a query. */
export function options(random: RandomSource, manager: string, isForced = false): string {
  const parts = [
    ...(random.isTrue(0.96) ? [`fieldManager=${manager}`] : oddManager(random)),
    ...(random.isTrue(0.08) ? [random.isTrue(0.9) ? "dryRun=All" : "dryRun=Some"] : []),
    ...(random.isTrue(0.15) ? [`fieldValidation=${random.pick(validations)}`] : []),
    ...(isForced ? ["force=true"] : []),
    ...(random.isTrue(0.02) ? ["pretty=true"] : []),
  ];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

const validations = ["Strict", "Strict", "Ignore", "Warn", "Sometimes"] as const;

function oddManager(random: RandomSource): readonly string[] {
  return random.pick([
    [],
    ["fieldManager="],
    ["fieldManager=%C3%A9"],
    [`fieldManager=${"m".repeat(129)}`],
    ["fieldManager=a%00b"],
  ]);
}

/** Now and then YAML instead of JSON, or another form of answer. */
export function forms(random: RandomSource): Partial<Request> {
  return {
    ...(random.isTrue(0.05) ? { form: "yaml" as const } : {}),
    ...(random.isTrue(0.04) ? { accept: random.pick(["table", "partial", "yaml"]) } : {}),
  };
}
