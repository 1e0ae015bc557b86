import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { forbidden } from "../machinery/field/error.ts";
import { FieldPath } from "../machinery/field/path.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";
import { decodeYaml } from "../machinery/yaml/decode.ts";

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

/** Keys whose text is an image: of containers of all kinds, KAITO's preset options, and Ray's runtime environments. */
const imageKeys = ["image", "image_uri"];

/**
 * Every image there is: texts under the keys that have them, the reference of a volume's `image`, and the same in texts
 * that are themselves YAML or JSON, as Ray Serve's configuration is.
 */
function imagesIn(value: JsonValue | undefined, at: FieldPath): NamedImage[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => imagesIn(item, at.index(i)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const here = at.child(key);
    if (typeof child === "string") {
      if (imageKeys.includes(key)) return [{ at: here, image: child }];
      return key === "serveConfigV2" ? imagesIn(readable(child), here) : [];
    }
    const reference = key === "image" && isObject(child) ? child["reference"] : undefined;
    return [
      ...(typeof reference === "string" ? [{ at: here.child("reference"), image: reference }] : []),
      ...imagesIn(child, here),
    ];
  });
}

/** What a text says as YAML; nothing when it is none, which whoever reads it refuses. */
function readable(text: string): JsonValue | undefined {
  try {
    return decodeYaml(text).value;
  } catch {
    return undefined;
  }
}
