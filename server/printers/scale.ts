import { notAcceptableForm } from "../../api/errors/catalogue.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { metaText } from "../handlers/object-metadata.ts";
import { encodeScale, readScale, requireScale } from "../handlers/scale-object.ts";
import type { BytesResponse } from "../http/api-request.ts";
import { encodePartialMetadata } from "../protobuf/encode-metadata.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CompiledColumn } from "./columns.ts";
import { compileColumn, compileColumns, printCells } from "./columns.ts";
import { respondMessage } from "./protobuf.ts";
import type { RespondOptions } from "./respond.ts";
import { respondText } from "./respond.ts";
import { tableHead, tableTail } from "./table.ts";
import { encodeTypedMetadata } from "./typed-metadata.ts";

/** The Scale of an object: plain, as a Table of its counts, or as metadata only. */
export function respondScale(
  version: ServedVersion,
  object: JsonObject,
  { form, now }: RespondOptions,
): BytesResponse {
  const { transform } = form;
  if (transform?.kind === "PartialObjectMetadataList") {
    throw notAcceptableForm(
      "you requested PartialObjectMetadataList, but the requested object is not a list (*v1.Scale)",
    );
  }
  const counts = readScale(requireScale(version), object);
  if (transform === undefined) return respondText(encodeScale(version, object), form);
  const metadata = {
    name: metaText(object, "name"),
    namespace: metaText(object, "namespace"),
    uid: metaText(object, "uid"),
    resourceVersion: metaText(object, "resourceVersion"),
    creationTimestamp: metaText(object, "creationTimestamp"),
  };
  if (form.mediaType === "protobuf") return respondMessage(transform, encodePartialMetadata(metadata), 200);
  const partial = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${transform.version}","metadata":${encodeTypedMetadata(metadata)}}`;
  if (transform.kind !== "Table") return respondText(partial, form);
  const cells = [
    encodeJson(metaText(object, "name")),
    // A Scale says zero by leaving the count out.
    counts.spec === 0 ? "null" : encodeJson(counts.spec),
    encodeJson(counts.status),
    printCells([{ since: Date.parse(metaText(object, "creationTimestamp")) }], now.getTime()),
  ];
  const meta = { resourceVersion: metaText(object, "resourceVersion"), continue: "" };
  const head = tableHead(scaleColumns(), meta, transform.version);
  return respondText(`${head}{"cells":[${cells.join(",")}],"object":${partial}}${tableTail}`, form);
}

function scaleColumns(): readonly CompiledColumn[] {
  const [name, age] = compileColumns([]);
  const desired = compileColumn({
    name: "Desired",
    type: "integer",
    description: "Number of desired replicas",
  });
  const available = compileColumn({
    name: "Available",
    type: "integer",
    description: "Number of actual replicas",
  });
  return [name, desired, available, age].filter((column) => column !== undefined);
}
