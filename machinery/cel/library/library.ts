import { Library } from "../overload.ts";
import { collectionOverloads } from "./collections.ts";
import { conversionOverloads } from "./conversions.ts";
import { formatOverloads, quantityOverloads, semverOverloads } from "./kubernetes.ts";
import { networkOverloads } from "./network.ts";
import { mathOverloads, optionalOverloads } from "./optional-math.ts";
import { stringOverloads } from "./strings.ts";

let made: Library | undefined;

/** Every function Kubernetes offers to CEL expressions over data; made once, on first use. */
export function standardLibrary(): Library {
  made ??= new Library([
    ...stringOverloads(),
    ...collectionOverloads(),
    ...conversionOverloads(),
    ...optionalOverloads(),
    ...mathOverloads(),
    ...quantityOverloads(),
    ...semverOverloads(),
    ...formatOverloads(),
    ...networkOverloads(),
  ]);
  return made;
}
