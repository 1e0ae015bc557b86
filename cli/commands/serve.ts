import path from "node:path";
import { realClock } from "../../machinery/clock.ts";
import type { Command } from "../command.ts";
import { parseFlags, UsageError } from "../flags.ts";
import { kubeconfig, writePrivateFile } from "../kubeconfig.ts";
import type { LogLevel } from "../logger.ts";
import { createLogger, logLevels } from "../logger.ts";
import { dataDirectory, writeServerUrl } from "../standalone/data-dir.ts";
import { applySamples } from "../standalone/samples.ts";
import type { Standalone } from "../standalone/start.ts";
import { startStandalone } from "../standalone/start.ts";
import { dataDirFlag } from "./common.ts";
import { aggregatedFlags, serveAggregated } from "./serve-aggregated.ts";
import { startProgress, stopped } from "./until-stopped.ts";

const flags = {
  standalone: { type: "boolean", help: "Serve by itself: embedded store, own certificates, no cluster" },
  ...dataDirFlag,
  "bind-address": { type: "string", value: "ADDR", default: "127.0.0.1", help: "The address to listen on" },
  "secure-port": {
    type: "string",
    value: "PORT",
    default: "6443",
    help: "The port to listen on; 0 takes any free one",
  },
  "kubeconfig-out": {
    type: "string",
    value: "FILE",
    help: "Write a kubeconfig for an administrator to this file",
  },
  crds: {
    type: "string",
    value: "DIR",
    multiple: true,
    help: "Also serve the CustomResourceDefinitions in this folder; they replace built-in ones of the same resource",
  },
  "no-controllers": {
    type: "boolean",
    help: "Only serve objects: nothing collects garbage, empties namespaces or simulates",
  },
  simulator: {
    type: "boolean",
    help: "Play the deployment controller and the KAITO operator, so that phases move without a cluster",
  },
  samples: {
    type: "string",
    value: "DIR",
    help: "Apply the manifests in this folder the first time, and say what became of them",
  },
  ...aggregatedFlags,
  "log-level": { type: "string", value: "LEVEL", default: "info", help: `One of ${logLevels.join(", ")}` },
  "log-file": { type: "string", value: "FILE", help: "Write the log here instead of to standard error" },
} as const;

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the API server",
  usage: "serve [--kubeconfig FILE] | serve --standalone [--data-dir DIR] [--crds DIR] [--simulator]",
  description: [
    "Extends a cluster: serves ModelDeployment and its siblings behind its kube-apiserver, see manifests/aggregated.",
    "Identity, rights and storage are the cluster's. In a pod it finds the cluster by itself.",
    "",
    "With --standalone it needs no cluster. It serves ModelDeployment and its siblings, with the core kinds they need, from one process. Clients authenticate with",
    "certificates the server issues (see hawsepipe kubeconfig) and are authorized by RBAC objects the server serves.",
    "",
    "Examples:",
    "  hawsepipe serve --kubeconfig ~/.kube/config --namespace hawsepipe-system",
    "  hawsepipe serve --standalone --kubeconfig-out admin.kubeconfig",
    "  hawsepipe serve --standalone --crds ./kaito-crds --simulator",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    if (positionals.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
    const port = Number(values["secure-port"]);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new UsageError("--secure-port must be a number from 0 to 65535");
    }
    const level = logLevels.find((name): name is LogLevel => name === values["log-level"]);
    if (level === undefined) throw new UsageError(`--log-level must be one of ${logLevels.join(", ")}`);
    const logger = createLogger(level, values["log-file"]);
    const listen = { bindAddress: values["bind-address"], port, logger };
    if (!values.standalone) return serveAggregated(values, listen, io);

    const dataDir = path.resolve(io.cwd, values["data-dir"]);
    const progress = startProgress(io);
    const server = await startStandalone({
      ...listen,
      dataDir,
      crdDirectories: values.crds.map((directory) => path.resolve(io.cwd, directory)),
      controllers: !values["no-controllers"],
      simulator: values.simulator,
      clock: realClock(),
      progress: progress.say,
    }).finally(progress.stop);
    try {
      writeServerUrl(dataDirectory(dataDir), server.url);
      const file = values["kubeconfig-out"];
      if (file !== undefined) await writeAdminKubeconfig(server, path.resolve(io.cwd, file));
      io.out(`hawsepipe is ready at ${server.url}\n`);
      if (values.samples !== undefined) {
        const directory = path.resolve(io.cwd, values.samples);
        await applySamples({ server, directory, dataDir, kubeconfig: file ?? "KUBECONFIG", io });
      }
      await stopped(io.stop);
      io.out("stopping\n");
    } finally {
      await server.close();
    }
    return 0;
  },
};

async function writeAdminKubeconfig(server: Standalone, file: string): Promise<void> {
  const credentials = await server.issue("admin", ["system:masters"]);
  writePrivateFile(file, kubeconfig({ server: server.url, ca: server.ca, user: "admin", credentials }));
}
