import type { FieldError } from "../../../machinery/field/error.ts";
import { invalid, required } from "../../../machinery/field/error.ts";
import { distributionNames, distributionOf } from "./registry.ts";

/** The image a spec means, with what the administrator put in the place of a distribution's own. */

/** The error for a name no distribution has. */
export const unknownDistribution = (name: string): FieldError => {
  const available = `available distributions are ${distributionNames().join(", ")}`;
  return name === ""
    ? required("spec.distribution.name", `one of name and image; ${available}`)
    : invalid("spec.distribution.name", name, `Unknown distribution ${JSON.stringify(name)}: ${available}`);
};

/** The image of a distribution; undefined for an unknown name. */
export function resolveImage(
  distribution: { readonly name?: string; readonly image?: string },
  overrides: Readonly<Record<string, string>> = {},
): string | undefined {
  if (distribution.image !== undefined && distribution.image !== "") return distribution.image;
  const name = distribution.name ?? "";
  const known = distributionOf(name);
  if (known === undefined) return undefined;
  const override = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
  return override !== undefined && isImageReference(override) ? override : known.image;
}

/** Overrides that have no effect, and why; the others hold. */
export function problemsOfOverrides(overrides: Readonly<Record<string, string>>): string[] {
  return Object.entries(overrides).flatMap(([name, image]) => {
    if (distributionOf(name) === undefined) {
      return [
        `image override for ${JSON.stringify(name)}: available distributions are ${distributionNames().join(", ")}`,
      ];
    }
    return isImageReference(image)
      ? []
      : [`image override for ${name}: ${JSON.stringify(image)} is no image reference`];
  });
}

const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::\d+)?`;
const component = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const imageReference = new RegExp(
  String.raw`^(?:${host}/)?${component}(?:/${component})*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** Whether a text names an image as container runtimes read it. */
export const isImageReference = (text: string): boolean => text.length <= 512 && imageReference.test(text);
