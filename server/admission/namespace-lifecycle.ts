/**
 * Nothing is created in a namespace that does not exist or is going away, and the namespaces a cluster cannot do without
 * are not deleted. Updates and deletes stay possible in terminating namespaces, so that they can be emptied.
 */
import { metaText } from "../handlers/object-metadata.ts";
import { forbidden, notFound } from "../../api/errors/catalogue.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";

/** What the plugin needs to know of a namespace. */
export interface NamespaceFacts {
  readonly isTerminating: boolean;
}

/** Where namespaces are looked up. */
export interface NamespaceSource {
  /** From memory; undefined when not known there. */
  cached(name: string): NamespaceFacts | undefined;
  /** Asked when the cache knows nothing; sees every namespace created before the call. */
  live(name: string): Promise<NamespaceFacts | undefined>;
}

const namespaces = { group: "", resource: "namespaces" };
const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** The plugin; part of every chain. */
export function namespaceLifecycle(source: NamespaceSource): AdmissionPlugin {
  const isNamespace = (a: AdmissionAttributes): boolean =>
    a.resource.group === "" && a.resource.resource === "namespaces";
  return {
    name: "NamespaceLifecycle",
    onlyRefuses: true,
    handles: (a) =>
      isNamespace(a)
        ? a.operation === "DELETE" && a.subresource === ""
        : a.operation === "CREATE" && a.namespace !== "",
    async admit(a) {
      if (a.operation === "DELETE") {
        // One of many is told by its object alone.
        const name = a.name === "" ? metaText(a.oldObject ?? {}, "name") : a.name;
        if (immortal.has(name)) throw forbidden(a.resource, name, "this namespace may not be deleted");
        return;
      }
      const facts = source.cached(a.namespace) ?? (await source.live(a.namespace));
      if (facts === undefined) throw notFound(namespaces, a.namespace);
      if (!facts.isTerminating) return;
      throw forbidden(
        a.resource,
        a.name,
        `unable to create new content in namespace ${a.namespace} because it is being terminated`,
        [
          {
            reason: "NamespaceTerminating",
            message: `namespace ${a.namespace} is being terminated`,
            field: "metadata.namespace",
          },
        ],
      );
    },
  };
}
