import path from "node:path";
import type { Logger } from "../../server/http/logger.ts";
import type { Command, Io } from "../command.ts";
import { readConfiguration } from "../configuration/read.ts";
import type { Parsed } from "../flags.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { createLogger, logLevels } from "../logger.ts";
import { clusterFlags, serveFlags, standaloneFlags } from "./serve-flags.ts";

export type ServeValues = Parsed<typeof serveFlags>["values"];

/** Where a server listens and logs. */
export interface Listen {
  readonly bindAddress: string;
  readonly port: number;
  readonly logger: Logger;
}

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the API server",
  usage: "serve [--kubeconfig FILE] [--roles ROLES] | serve --standalone [--data-dir DIR] [--crds DIR]",
  description: [
    "Extends a cluster: serves ModelDeployment and its siblings behind its kube-apiserver, see manifests/aggregated.",
    "Identity, rights and storage are the cluster's. In a pod it finds the cluster by itself. With --roles",
    "webhook,reconciler it works for a cluster that keeps these kinds as CRDs, see manifests/crd.",
    "",
    "With --standalone it needs no cluster. It serves ModelDeployment and its siblings, with the core kinds they need, from one process. Clients authenticate with",
    "certificates the server issues (see hawsepipe kubeconfig) and are authorized by RBAC objects the server serves.",
    "",
    "Examples:",
    "  hawsepipe serve --kubeconfig ~/.kube/config --namespace hawsepipe-system",
    "  hawsepipe serve --roles webhook,reconciler --guard-operator ray.io=+system:serviceaccounts:ray",
    "  hawsepipe serve --config server.yaml --log-level debug",
    "  hawsepipe serve --standalone --kubeconfig-out admin.kubeconfig",
    "  hawsepipe serve --standalone --crds ./kaito-crds --simulator",
  ].join("\n"),
  flags: serveFlags,
  async run(args, io) {
    const { values, positionals, given } = readSettings(args, io);
    if (positionals.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
    refuseMisplaced(given, values);
    const logFile = values["log-file"];
    const logger = createLogger(
      logLevels.find((name) => name === values["log-level"]) ?? "info",
      logFile === undefined ? undefined : path.resolve(io.cwd, logFile),
    );
    const listen = { bindAddress: values["bind-address"], port: Number(values["secure-port"]), logger };
    // Neither needs what the other is made of.
    if (values.standalone) {
      const { serveStandalone } = await import("./serve-standalone.ts");
      return serveStandalone(values, listen, io);
    }
    const { serveCluster } = await import("./serve-cluster.ts");
    return serveCluster(values, listen, io);
  },
};

/** Flags, and what they leave open from the configuration file they may name. */
function readSettings(args: readonly string[], io: Io): Parsed<typeof serveFlags> {
  const { config } = parseFlags(serveFlags, args).values;
  if (config === undefined) return parseFlags(serveFlags, args);
  return parseFlags(serveFlags, args, readConfiguration(serveFlags, path.resolve(io.cwd, config)));
}

/** A setting that would do nothing is a mistake that would otherwise go unnoticed. */
function refuseMisplaced(given: ReadonlySet<string>, values: ServeValues): void {
  const misplaced = Object.keys(values.standalone ? clusterFlags : standaloneFlags).find((flag) =>
    given.has(flag),
  );
  if (misplaced !== undefined) {
    throw new UsageError(
      `--${misplaced} ${values.standalone ? "cannot be used with" : "needs"} --standalone`,
    );
  }
  if (given.has("data-dir") && !values.standalone && values.storage !== "embedded") {
    throw new UsageError("--data-dir needs --standalone or --storage=embedded");
  }
}
