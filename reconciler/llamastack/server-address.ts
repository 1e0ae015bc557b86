/**
 * Where a running server is asked about itself, and what it runs on, by the objects that run it: the spec may have become
 * something that is not in place, and a status can be written by others. Pure.
 */
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { decodeYaml, YamlSyntaxError } from "../../machinery/yaml/decode.ts";
import { serverContainer } from "../../transformers/llamastack/render/names.ts";
import { numberAt, textAt } from "../../transformers/observed.ts";
import { configMapsIn, isGeneratedConfig } from "./retention.ts";

/** The distribution's own objects that say how its server is reached. */
export interface Running {
  readonly deployment: KubeObject | undefined;
  readonly service: KubeObject | undefined;
  readonly configMaps: readonly KubeObject[];
}

/** The URL of the server inside the cluster; undefined where no Service of the distribution leads to pods. */
export function serverUrl({ deployment, service }: Running): string | undefined {
  if (deployment === undefined || service === undefined) return undefined;
  const type = textAt(asJson(service), "spec", "type");
  const ports = getPath(asJson(service), "spec", "ports");
  const port = Array.isArray(ports) ? numberAt(ports[0], 0, "port") : 0;
  // A name elsewhere is where pods of the distribution are not.
  if (type === "ExternalName" || port <= 0) return undefined;
  const { name = "", namespace = "" } = service.metadata;
  const scheme = textAt(containerOf(deployment), "readinessProbe", "httpGet", "scheme");
  return `${scheme === "HTTPS" ? "https" : "http"}://${name}.${namespace}.svc.cluster.local:${String(port)}`;
}

/** The authorities the server's pods are given, which may be those of its own certificate. */
export function serverAuthorities({ configMaps }: Running, bundleName: string): string | undefined {
  const bundle = configMaps.find(({ metadata }) => metadata.name === bundleName);
  const text = bundle === undefined ? "" : textAt(asJson(bundle), "data", "ca-bundle.crt");
  return text === "" ? undefined : text;
}

/** The generated configuration that is mounted; a user's own is none of ours to show. */
export function mountedConfig({ deployment, configMaps }: Running): JsonValue | undefined {
  const mounted = deployment === undefined ? [] : configMapsIn(deployment);
  const config = configMaps.find(
    (object) => isGeneratedConfig(object) && mounted.includes(object.metadata.name ?? ""),
  );
  if (config === undefined) return undefined;
  try {
    return decodeYaml(textAt(asJson(config), "data", "config.yaml")).value;
  } catch (error) {
    // It cannot be changed, but it can be made by others under our labels.
    if (error instanceof YamlSyntaxError) return undefined;
    throw error;
  }
}

function containerOf(deployment: KubeObject): JsonObject {
  const containers = getPath(asJson(deployment), "spec", "template", "spec", "containers");
  const all = Array.isArray(containers) ? containers.filter(isObject) : [];
  return all.find((container) => getKey(container, "name") === serverContainer) ?? {};
}
