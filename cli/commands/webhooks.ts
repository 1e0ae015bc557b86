import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { realClock } from "../../machinery/clock.ts";
import type { Command, Io } from "../command.ts";
import type { Parsed } from "../flags.ts";
import { parseFlags, UsageError } from "../flags.ts";
import type { LogLevel } from "../logger.ts";
import { createLogger, logLevels } from "../logger.ts";
import { guardIdentities } from "../webhooks/identities.ts";
import { runWebhooks } from "../webhooks/run.ts";
import { aggregatedFlags, booleanOf, certificateFiles, connect } from "./serve-aggregated.ts";
import { stopped } from "./until-stopped.ts";

const flags = {
  kubeconfig: {
    ...aggregatedFlags.kubeconfig,
    help: "How to reach the cluster; without it, that of the pod",
  },
  context: aggregatedFlags.context,
  namespace: aggregatedFlags.namespace,
  "service-name": aggregatedFlags["service-name"],
  "tls-cert-file": aggregatedFlags["tls-cert-file"],
  "tls-private-key-file": aggregatedFlags["tls-private-key-file"],
  "tls-ca-file": {
    ...aggregatedFlags["tls-ca-file"],
    help: "The CA of that certificate; where given, it is written into the webhook configurations and CRDs",
  },
  "leader-elect": aggregatedFlags["leader-elect"],
  "client-ca-file": {
    type: "string",
    value: "FILE",
    help: "Take reviews only from callers with a client certificate of this CA; without it from everybody",
  },
  "bind-address": { type: "string", value: "ADDR", default: "0.0.0.0", help: "The address to listen on" },
  "secure-port": {
    type: "string",
    value: "PORT",
    default: "6443",
    help: "The port to listen on; 0 takes any free one",
  },
  "guard-operator": {
    type: "string",
    value: "GROUP=USER",
    multiple: true,
    help: "A user, or with a leading + a group, that is the operator of an API group: ray.io=+system:serviceaccounts:ray",
  },
  "guard-exempt": {
    type: "string",
    value: "USER",
    multiple: true,
    help: "A user, or with a leading + a group, that the guard never hinders",
  },
  "log-level": { type: "string", value: "LEVEL", default: "info", help: `One of ${logLevels.join(", ")}` },
  "log-file": { type: "string", value: "FILE", help: "Write the log here instead of to standard error" },
} as const;

export const webhooksCommand: Command = {
  name: "webhooks",
  summary: "Run the webhooks of a cluster that keeps our kinds as CRDs",
  usage: "webhooks [--kubeconfig FILE] [--tls-cert-file FILE --tls-private-key-file FILE]",
  description: [
    "Answers admission reviews of our kinds, converts them between their versions, and guards what is rendered from them",
    "(manifests/crd, manifests/guard). One of the replicas reconciles, unless --leader-elect=false.",
    "",
    "Examples:",
    "  hawsepipe webhooks",
    "  hawsepipe webhooks --guard-operator ray.io=+system:serviceaccounts:ray",
  ].join("\n"),
  flags,
  async run(args, io) {
    const { values, positionals } = parseFlags(flags, args);
    if (positionals.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
    const clock = realClock();
    const files = certificateFiles(values, io);
    const connection = await connect(values, clock, io);
    const namespace = values.namespace ?? connection.namespace;
    if (namespace === "") throw new UsageError("neither the kubeconfig nor --namespace names a namespace");
    const callers = values["client-ca-file"];
    const server = await runWebhooks({
      connection,
      namespace,
      service: values["service-name"],
      identity: `${hostname()}_${randomUUID()}`,
      bindAddress: values["bind-address"],
      port: portOf(values["secure-port"]),
      ...(files === undefined ? {} : { certificates: files }),
      ...(callers === undefined ? {} : { callerAuthorities: readText(callers, io) }),
      guard: guardIdentities({
        namespace,
        operators: values["guard-operator"],
        exempt: values["guard-exempt"],
      }),
      leads: booleanOf("leader-elect", values["leader-elect"]),
      clock,
      logger: loggerOf(values),
    });
    try {
      io.out(`the webhooks answer at ${server.url}\n`);
      await stopped(io.stop);
      io.out("stopping\n");
    } finally {
      await server.close();
    }
    return 0;
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError("--secure-port must be a number from 0 to 65535");
}

function loggerOf(values: Parsed<typeof flags>["values"]): ReturnType<typeof createLogger> {
  const level = logLevels.find((name): name is LogLevel => name === values["log-level"]);
  if (level === undefined) throw new UsageError(`--log-level must be one of ${logLevels.join(", ")}`);
  return createLogger(level, values["log-file"]);
}

function readText(file: string, io: Io): string {
  try {
    return readFileSync(path.resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
