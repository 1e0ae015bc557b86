/**
 * The two servers of the webhook benchmark, each a process of its own: `ours` answers reviews with the product's plugins
 * (without a cluster behind them: no reference checks, no dry run), `bare` reads and parses the same bodies and answers
 * constants. Reads one line of JSON from standard input, prints its origin when it listens, ends with its input.
 */
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import { builtInProviders } from "../../admission/built-in-providers.ts";
import { createGuard } from "../../admission/guard/guard.ts";
import { defaultIdentities } from "../../admission/guard/identities.ts";
import { guardReviewer } from "../../admission/guard/review.ts";
import { modelDeploymentPlugins } from "../../admission/model-deployment-plugins.ts";
import { mutatingReviewer } from "../../admission/review/mutate.ts";
import { validatingReviewer } from "../../admission/review/validate.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { webhookHandlers } from "../../cli/webhooks/handlers.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import { realClock } from "../../machinery/clock.ts";
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import { alwaysAllowPaths } from "../../server/authz/union.ts";
import { createHandlerTable } from "../../server/http/handler-table.ts";
import { silentLogger } from "../../server/http/logger.ts";
import { ApiServer } from "../../server/http/server.ts";

export interface WebhookServerSetup {
  readonly kind: "ours" | "bare";
  readonly key: string;
  readonly cert: string;
  /** What `bare` answers, per path. */
  readonly answers: Readonly<Record<string, string>>;
}

async function startOurs({ key, cert }: WebhookServerSetup): Promise<number | undefined> {
  const definitions = [modelDeploymentDefinition(modelDeploymentConverter)];
  const providers = builtInProviders({ ready: true });
  const plugins = modelDeploymentPlugins({ listProviders: () => providers, now: () => new Date() });
  const guard = createGuard({
    identities: defaultIdentities(),
    enforcementOf: () => "warn",
    authorize: async () => false,
    readParent: async () => undefined,
  });
  const paths = webhookHandlers({
    mutate: mutatingReviewer({ definitions, plugins }),
    validate: validatingReviewer({ definitions, plugins, readParent: async () => undefined }),
    guard: guardReviewer(guard),
  });
  const api = new ApiServer({
    authenticator: anonymousAuthenticator,
    authorizer: alwaysAllowPaths("*"),
    handlers: createHandlerTable({ paths }),
    logger: silentLogger,
    clock: realClock(),
    limits: { bodyBytes: 64 * 1024 * 1024 },
  });
  await api.listen({ host: "127.0.0.1", port: 0, tls: { key, cert } });
  return api.address?.port;
}

function startBare({ key, cert, answers }: WebhookServerSetup): Promise<number | undefined> {
  const bodies = new Map(Object.entries(answers).map(([path, text]) => [path, Buffer.from(text)]));
  const server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const review = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { kind?: string };
      const body = bodies.get(request.url ?? "");
      if (body === undefined || review.kind === undefined) {
        response.writeHead(404).end();
        return;
      }
      response
        .writeHead(200, { "content-type": "application/json", "content-length": body.length })
        .end(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" ? address?.port : undefined);
    });
  });
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  const setup = JSON.parse(line) as WebhookServerSetup;
  void (setup.kind === "ours" ? startOurs(setup) : startBare(setup)).then((port) => {
    process.stdout.write(`https://127.0.0.1:${String(port)}\n`);
  });
});
lines.once("close", () => process.exit(0));
