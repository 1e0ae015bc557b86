import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { forbidden } from "../machinery/field/error.ts";
import { FieldPath } from "../machinery/field/path.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";

/** Whether every image the deployment names, wherever it does, is one the provider's policy allows. */
export function validateImages({ spec }: ModelDeployment, provider: InferenceProvider): FieldError[] {
  const allowed = provider.spec.policy?.allowedImages;
  if (allowed === undefined) return [];
  const named: NamedImage[] = [
    ...(spec.engine?.image === undefined || spec.engine.image === ""
      ? []
      : [{ at: FieldPath.of("spec", "engine", "image"), image: spec.engine.image }]),
    ...imagesIn(spec.model.download, FieldPath.of("spec", "model", "download")),
    ...imagesIn(spec.workload?.podTemplate?.spec, FieldPath.of("spec", "workload", "podTemplate", "spec")),
    ...imagesIn(spec.provider?.overrides, FieldPath.of("spec", "provider", "overrides")),
  ];
  return named
    .filter(({ image }) => !allowed.some((pattern) => isAllowed(image, pattern)))
    .map(({ at, image }) =>
      forbidden(
        at,
        `image ${JSON.stringify(image)} is not allowed on provider ${provider.metadata.name ?? ""}; allowed are ${allowed.join(", ")}`,
      ),
    );
}

interface NamedImage {
  readonly at: FieldPath;
  readonly image: string;
}

function isAllowed(image: string, pattern: string): boolean {
  if (pattern.endsWith("*")) return image.startsWith(pattern.slice(0, -1));
  return pattern.endsWith("/") ? image.startsWith(pattern) : image === pattern;
}

/** Every text under a key `image`, as containers of all kinds and KAITO's preset options have it. */
function imagesIn(value: JsonValue | undefined, at: FieldPath): NamedImage[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => imagesIn(item, at.index(i)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "image" && typeof child === "string"
      ? [{ at: at.child(key), image: child }]
      : imagesIn(child, at.child(key)),
  );
}
