import { invalid } from "../../../machinery/field/error.ts";
import type { Draft } from "./draft.ts";
import type { ConfigSpec } from "./input.ts";

/** The server section: port, certificate, workers. */

/** The port when the spec names none. */
const defaultPort = 8321;
/** The port of the server; 0, which is none in v1alpha1, may have been stored. */
export const serverPort = ({ networking }: Pick<ConfigSpec, "networking">): number =>
  networking?.port === undefined || networking.port === 0 ? defaultPort : networking.port;

/** Where the pod mounts the certificate and its key. */
export const tlsDirectory = "/etc/llama-stack-tls";

/** The server takes no port below. */
const minPort = 1024;

export function configureServer(spec: ConfigSpec, draft: Draft): void {
  const { tls } = spec.networking ?? {};
  const port = serverPort(spec);
  const server = draft.section("server");
  if (port < minPort || port > 65535) {
    const detail = `must be between ${minPort} and 65535, inclusive: the server takes no other port`;
    draft.error(invalid("spec.networking.port", port, detail));
  }
  server["port"] = port;
  if (tls?.enabled === true) {
    server["tls_certfile"] = `${tlsDirectory}/tls.crt`;
    server["tls_keyfile"] = `${tlsDirectory}/tls.key`;
  }
  if (spec.workload?.workers !== undefined) server["workers"] = spec.workload.workers;
}
