import type { StandaloneServer } from "../standalone.ts";
import type { Target } from "./target.ts";

/** A standalone server, and the administrator it made. */
export const standaloneTarget = (server: StandaloneServer): Target => ({
  kubeconfig: server.kubeconfig,
  namespace: "default",
  directory: server.dataDir,
  user: "system:masters",
  hasManifests: true,
});
