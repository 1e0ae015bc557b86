import { moves } from "../../conversion/modeldeployment/layout.ts";
import { stashAnnotation } from "../../conversion/lossless.ts";

const special: readonly (readonly [string, string])[] = [
  ["`spec.image`, `spec.engine.image`", "`spec.engine.image` (both set and different is invalid)"],
  ["`spec.secrets.huggingFaceToken`", "`spec.model.tokenSecretRef.name`, with key `HF_TOKEN`"],
  ["annotation `hawsepipe.dev/paused`", "`spec.paused`"],
  ["nothing", "`spec.model.tokenSecretRef.key` other than `HF_TOKEN`"],
  ["nothing", "`spec.networking.port`"],
  ["nothing", "`spec.workload.podTemplate.spec`"],
  ["nothing", "`spec.serving.{prefill,decode}.resources.cpu`"],
];

/** The section of the reference that sets the versions of ModelDeployment side by side. */
export function versionsSection(): string {
  const moved = moves
    .map((m) => [m.v1alpha1.join("."), m.v1alpha2.join(".")] as const)
    .filter(([older, hub]) => older !== hub)
    .map(([older, hub]) => [`\`${older}\``, `\`${hub}\``] as const);
  return `## ModelDeployment v1alpha1 against v1alpha2

Objects are stored as v1alpha2 and served in both versions. Fields that are not listed have the same path in both.

| v1alpha1 | v1alpha2 |
| --- | --- |
${[...moved, ...special].map(([older, hub]) => `| ${older} | ${hub} |`).join("\n")}

What one version cannot say is kept for the other in an annotation, \`${stashAnnotation("v1alpha1")}\` or
\`${stashAnnotation("v1alpha2")}\`, so that nothing is lost on the way there and back:

- A field that was edited in the other version wins over what the annotation remembers of it.
- A v1alpha1 client that patches or applies leaves the annotation, and with it the v1alpha2 fields, alone. One that
  replaces the object without the annotation clears them: it has written the complete object.
- All annotations of an object hold 256 KiB together. What does not fit is left out, and the annotation says so: such an
  object can be read as v1alpha1, and is refused when it is written as v1alpha1.
- An annotation that cannot be read is dropped. It can carry fields of \`spec\` only, and what it brings back is
  validated like anything else.

An object written for AI Runway becomes one of ours by changing its \`apiVersion\` to \`hawsepipe.dev/v1alpha1\`. Its
annotation \`airunway.ai/reconcile-paused: "true"\` is understood unless \`hawsepipe.dev/paused\` is there too; its other
annotations are kept and reported as having no effect.
`;
}
