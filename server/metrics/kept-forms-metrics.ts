import type { Registry } from "@prometheus-io/client";
import { Gauge } from "@prometheus-io/client";

/** Shows how much is kept of what was made of objects; looked up when somebody asks. */
export function registerKeptForms(registry: Registry, bytes: () => number): void {
  const gauge = new Gauge({
    name: "hawsepipe_kept_forms_bytes",
    help: "Bytes of what was made of objects on request and is kept with them.",
    registers: [registry],
    collect: () => {
      gauge.set(bytes());
    },
  });
}
