/** The same webhooks for the CRD and for Hawsepipe behind the aggregator: what they are asked, and what comes of it. */
import { afterAll, beforeAll, test } from "vitest";
import { eventually } from "../../support/kubectl.ts";
import type { Asked, WebhookServer } from "../../support/webhook-server.ts";
import { startWebhookServer } from "../../support/webhook-server.ts";
import { noDifferences } from "../../support/no-differences.ts";
import { isSameBody } from "../replay/compare.ts";
import { printDifference } from "../replay/print.ts";
import { Session } from "../replay/session.ts";
import type { Ways } from "../twins/aggregated.ts";
import { servedGroup } from "../twins/aggregated.ts";
import { Mask } from "../twins/mask.ts";
import { jsonRequest } from "../twins/pair.ts";
import { AuditTrail } from "./audit-trail.ts";
import { createLabelled, post } from "./objects.ts";
import type { WebhookCase } from "./webhook-cases.ts";
import { clusterScoped, marker, registrations, webhookCases } from "./webhook-cases.ts";

const cases = [...webhookCases, clusterScoped];

/** Registers all webhooks at once, each for a namespace of its own, and runs the cases one after the other. */
export function sameWebhooks(servers: () => Ways): void {
  let hook: WebhookServer;
  const at = Date.now().toString(36);
  const namespaceOf = ({ name }: WebhookCase): string => `admission-${name}-${at}-native`;

  beforeAll(async () => {
    hook = await startWebhookServer();
    for (const one of [...cases, marker]) {
      const labels = { case: one.name };
      await createLabelled(servers(), namespaceOf(one), labels);
      for (const object of registrations(one, hook)) {
        const kind = (object as { kind: string }).kind.toLowerCase();
        await post(servers(), `/apis/admissionregistration.k8s.io/v1/${kind}s`, object);
      }
    }
    await eventually("the webhooks are known", async () => {
      hook.asked.length = 0;
      const twin = { kind: "Twin", metadata: { name: "a" }, apiVersion: "twin.example.com/v1" };
      const request = jsonRequest(
        "POST",
        `/apis/twin.example.com/v1/namespaces/${namespaceOf(marker)}/twins?dryRun=All`,
        twin,
      );
      await Promise.all([servers().native, servers().behind].map(({ wire }) => wire.send(request)));
      return hook.asked.length === 4 ? true : undefined;
    });
  });
  afterAll(async () => {
    await hook.close();
  });

  test.each(cases)("$name", async (one) => {
    const { native: real, behind: ours } = servers();
    hook.asked.length = 0;
    hook.answer = (path, request) => {
      const [, name = "", of = ""] = path.split("/");
      return name === one.name ? (one.answer?.(of, request) ?? { allowed: true }) : { allowed: true };
    };
    const audit = new AuditTrail(servers(), namespaceOf(one));
    const session = new Session({ real, ours }, namespaceOf(one));
    const reviews = new Reviews(servers());
    const problems: string[] = [];
    for (const [i, exchange] of one.exchanges.entries()) {
      hook.asked.length = 0;
      const outcome = await session.run({ name: `${one.name} ${String(i)}`, ...exchange });
      if (!outcome.isSame) problems.push(printDifference(outcome));
      problems.push(
        ...reviews.compare(hook.asked).map((problem) => `${JSON.stringify(exchange)}\n${problem}`),
      );
      problems.push(...(await audit.compare()).map((problem) => `${JSON.stringify(exchange)}\n${problem}`));
    }
    session.close();
    noDifferences(problems);
  });
}

/** Reviews of both servers, with what is a server's own taken out. */
class Reviews {
  readonly #ways: Ways;
  readonly #real = new Mask();
  readonly #ours = new Mask();

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  /** What was asked differently; calls of validating webhooks come in no order. */
  compare(asked: readonly Asked[]): readonly string[] {
    const isOurs = ({ body }: Asked): boolean => body.includes(servedGroup);
    const real = this.#seen(
      asked.filter((one) => !isOurs(one)),
      this.#real,
    );
    const ours = this.#seen(asked.filter(isOurs), this.#ours);
    const last = Math.max(this.#real.last, this.#ours.last);
    this.#real.continueFrom(last);
    this.#ours.continueFrom(last);
    if (real.length !== ours.length) {
      return [`asked by kube-apiserver:\n${real.join("\n")}\nasked by hawsepipe:\n${ours.join("\n")}`];
    }
    return real.flatMap((review, i) =>
      isSameBody(review, ours[i]!)
        ? []
        : [`review of kube-apiserver:\n${review}\nreview of hawsepipe:\n${ours[i]!}`],
    );
  }

  #seen(asked: readonly Asked[], mask: Mask): string[] {
    const isValidating = ({ path }: Asked): boolean => /\/v\d+$/.test(path);
    const inOrder = [
      ...asked.filter((one) => !isValidating(one)),
      ...asked.filter(isValidating).toSorted((a, b) => a.path.localeCompare(b.path)),
    ];
    return inOrder.map(
      ({ path, head, body }) => `${path} ${head}\n${mask.body(sortedKeys(this.#ways.known(body)))}`,
    );
  }
}

/**
 * A review is a JSON object: its members have no order. Managers are in that of the seconds they wrote in, which need not
 * be the same on both.
 */
function sortedKeys(body: string): string {
  return JSON.stringify(JSON.parse(body), (key, value: unknown): unknown => {
    if (Array.isArray(value)) {
      return key === "managedFields"
        ? (value as unknown[]).toSorted((a, b) => (timeless(a) < timeless(b) ? -1 : 1))
        : value;
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const timeless = (entry: unknown): string => JSON.stringify({ ...(entry as object), time: "" });
