import type { ImageReader } from "../../../cluster/registry/client.ts";
import type { ImageFacts } from "../../../cluster/registry/image.ts";
import type { ProviderPackage } from "../../../transformers/llamastack/config/provider-package.ts";
import {
  maxPackageBytes,
  packageFile,
  parseProviderPackage,
} from "../../../transformers/llamastack/config/provider-package.ts";

/** What an image of an external provider says of itself, or why it cannot be used. The last layer that has the file counts. */
export async function packageOfImage(
  image: string,
  { layers }: ImageFacts,
  reader: Pick<ImageReader, "layerFile">,
): Promise<ProviderPackage | string> {
  const tooLarge = layers.filter(({ isReadable }) => !isReadable).length;
  for (const layer of layers.filter(({ isReadable }) => isReadable).reverse()) {
    const file = await reader.layerFile(layer, packageFile, maxPackageBytes);
    if (file === undefined) continue;
    const provided = parseProviderPackage(file);
    return typeof provided === "string" ? `${packageFile} in image ${image} ${provided}` : provided;
  }
  const unread =
    tooLarge === 0
      ? ""
      : `; ${tooLarge} of its layers are too large to be looked at: give the file a layer of its own`;
  return `image ${image} holds no file ${packageFile} of at most ${maxPackageBytes} bytes${unread}`;
}
