import type { ImageFacts } from "../../../cluster/registry/image.ts";
import type { ImageReader } from "../../../cluster/registry/client.ts";
import type { Base } from "../../../transformers/llamastack/config/base.ts";
import { maxBaseBytes, parseBase } from "../../../transformers/llamastack/config/base.ts";
import type { Failure } from "../../../transformers/llamastack/config/result.ts";

/** The labels by which an image brings the base configuration of its server. */
export const configLabels = {
  /** The whole text, in base64. */
  inline: "io.llamastack.config.base64",
  /** The layer that has it as a file, by the digest of the layer as it is packed or unpacked. */
  layer: "io.llamastack.config.layer",
  path: "io.llamastack.config.path",
} as const;

/** A label may not hold more. */
const maxInlineBytes = 50 * 1024;

/** The base configuration an image brings; undefined when it has no such labels. */
export async function labelledBase(
  image: string,
  facts: ImageFacts,
  reader: Pick<ImageReader, "layerFile">,
): Promise<Base | Failure | undefined> {
  const inline = facts.labels[configLabels.inline];
  if (inline !== undefined) {
    const text = inline.replaceAll(/\s/g, "");
    const bytes = Buffer.from(text, "base64");
    const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && bytes.length > 0;
    if (!isBase64) return broken(image, `label ${configLabels.inline} is not base64`);
    if (bytes.length > maxInlineBytes) {
      return broken(image, `label ${configLabels.inline} holds more than ${maxInlineBytes} bytes`);
    }
    return parseBase(bytes, `image ${image}`);
  }
  const digest = facts.labels[configLabels.layer];
  if (digest === undefined) return undefined;
  const path = facts.labels[configLabels.path];
  if (path === undefined)
    return broken(image, `has label ${configLabels.layer} without ${configLabels.path}`);
  const layer = facts.layers.find((candidate) => candidate.digest === digest || candidate.diffId === digest);
  if (layer === undefined) return broken(image, `label ${configLabels.layer} names none of its layers`);
  const file = await reader.layerFile(layer, path, maxBaseBytes);
  if (file === undefined) {
    return broken(
      image,
      `its layer ${digest} holds no file ${JSON.stringify(path)} of at most ${maxBaseBytes} bytes`,
    );
  }
  return parseBase(file, `image ${image}`);
}

const broken = (image: string, why: string): Failure => ({
  reason: "ConfigGenerationFailed",
  errors: [
    {
      type: "FieldValueInvalid",
      path: "spec.distribution",
      detail: `Invalid value: image ${image} cannot be used as a base: ${why}`,
    },
  ],
  warnings: [],
});
