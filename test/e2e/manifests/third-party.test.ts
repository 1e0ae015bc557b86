/** Kinds of other projects, which the control plane does not have: what they refer to exists, and agrees. */
import { describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import { kustomize, only } from "../../support/manifests.ts";

describe.skipIf(noControlPlane() !== undefined)("objects for other projects", () => {
  test("cert-manager makes the certificate that is mounted, named as clients expect", async () => {
    const objects = await kustomize("overlays/cert-manager");
    const certificate = only(objects, "Certificate", "hawsepipe")["spec"] as {
      secretName: string;
      dnsNames: string[];
      issuerRef: { kind: string; name: string };
    };
    const service = only(objects, "Service").metadata;
    expect(certificate.dnsNames).toContain(`${service.name}.${String(service.namespace)}.svc`);
    const issuer = only(objects, "Issuer", certificate.issuerRef.name)["spec"] as {
      ca: { secretName: string };
    };
    const ca = only(objects, "Certificate", "hawsepipe-ca")["spec"] as { secretName: string; isCA: boolean };
    expect([ca.isCA, ca.secretName]).toEqual([true, issuer.ca.secretName]);

    const pod = (
      only(objects, "Deployment")["spec"] as {
        template: {
          spec: {
            volumes: { name: string; secret: { secretName: string } }[];
            containers: { args: string[]; volumeMounts: { name: string; mountPath: string }[] }[];
          };
        };
      }
    ).template.spec;
    const [mount] = pod.containers[0]!.volumeMounts;
    expect(pod.volumes.find(({ name }) => name === mount?.name)?.secret).toEqual({
      secretName: certificate.secretName,
    });
    expect(pod.containers[0]!.args).toContain(`--tls-cert-file=${String(mount?.mountPath)}/tls.crt`);
    for (const { metadata } of objects.filter(({ kind }) => kind === "APIService")) {
      expect(metadata.annotations).toEqual({
        "cert-manager.io/inject-ca-from": "hawsepipe-system/hawsepipe",
      });
    }
  });

  test("the ServiceMonitor finds the Service and its port", async () => {
    const objects = await kustomize("overlays/service-monitor");
    const monitor = only(objects, "ServiceMonitor")["spec"] as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string; tlsConfig: { serverName: string } }[];
    };
    const service = only(objects, "Service");
    expect(service.metadata.labels).toMatchObject(monitor.selector.matchLabels);
    const { ports } = service["spec"] as { ports: { name: string }[] };
    expect(ports.map(({ name }) => name)).toContain(monitor.endpoints[0]?.port);
    expect(monitor.endpoints[0]?.tlsConfig.serverName).toBe("hawsepipe.hawsepipe-system.svc");
  });
});
