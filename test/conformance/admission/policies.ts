/** The same policies for the CRD and for Hawsepipe behind the aggregator: what comes of each write, and what is noted. */
import { beforeAll, test } from "vitest";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { noDifferences } from "../../support/no-differences.ts";
import { printDifference } from "../replay/print.ts";
import { Session } from "../replay/session.ts";
import type { Ways } from "../twins/aggregated.ts";
import { jsonRequest } from "../twins/pair.ts";
import { AuditTrail } from "./audit-trail.ts";
import { createLabelled, post } from "./objects.ts";
import type { PolicyCase } from "./policy-cases.ts";
import { policyCases, policyMarker, policyObjects } from "./policy-cases.ts";

/** Registers all policies at once, each for a namespace of its own, and runs the cases one after the other. */
export function samePolicies(servers: () => Ways): void {
  const at = Date.now().toString(36);
  const namespaceOf = ({ name }: PolicyCase): string => `policy-${name}-${at}-native`;

  beforeAll(async () => {
    await mayListParams(servers());
    for (const one of [...policyCases, policyMarker]) {
      await createLabelled(servers(), namespaceOf(one), { case: `policy-${one.name}` });
      for (const object of policyObjects(one)) {
        const kind = (object as { kind: string }).kind.toLowerCase();
        const plural = kind.endsWith("y") ? kind.replace(/y$/, "ies") : `${kind}s`;
        await post(servers(), `/apis/admissionregistration.k8s.io/v1/${plural}`, object);
      }
    }
    const { native, behind } = servers();
    await eventually("the policies are known", async () => {
      const twin = { apiVersion: "twin.example.com/v1", kind: "Twin", metadata: { name: "a" } };
      const path = `/apis/twin.example.com/v1/namespaces/${namespaceOf(policyMarker)}/twins?dryRun=All`;
      const answers = await Promise.all(
        [native, behind].map(({ wire }) => wire.send(jsonRequest("POST", path, twin))),
      );
      return answers.every(({ status }) => status === 422) ? true : undefined;
    });
  });

  test.each(policyCases)("$name", async (one) => {
    const { native: real, behind: ours } = servers();
    const audit = new AuditTrail(servers(), namespaceOf(one));
    const session = new Session({ real, ours }, namespaceOf(one));
    const problems: string[] = [];
    for (const [i, exchange] of one.exchanges.entries()) {
      const outcome = await session.run({ name: `${one.name} ${String(i)}`, ...exchange });
      if (!outcome.isSame) problems.push(printDifference(outcome));
      if (exchange.isSetup === true || exchange.until !== undefined) continue;
      problems.push(...(await audit.compare()).map((problem) => `${JSON.stringify(exchange)}\n${problem}`));
    }
    session.close();
    noDifferences(problems);
  });
}

/** Parameters are read with the rights of the server, which may get ConfigMaps, not list them. */
async function mayListParams({ cluster }: Ways): Promise<void> {
  const kubectl = succeeding(cluster.admin);
  await kubectl("create clusterrole policy-params --verb=get,list --resource=configmaps");
  await kubectl(
    "create clusterrolebinding policy-params --clusterrole=policy-params --serviceaccount=hawsepipe-system:hawsepipe",
  );
}
