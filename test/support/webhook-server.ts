/** An admission webhook that answers what a test tells it to, and remembers what it was asked. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ServerResponse } from "node:http";
import { issueAuthority, issueLeaf } from "../../server/authn/pki.ts";

/** The parts of an AdmissionReview tests look at. */
export interface AskedReview {
  readonly uid: string;
  readonly operation: string;
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly requestKind: { readonly version: string };
  readonly userInfo: { readonly username: string; readonly groups?: readonly string[] };
  readonly object: { readonly metadata?: object; readonly spec?: object } | null;
  readonly oldObject: object | null;
  readonly options: { readonly kind?: string };
}

/** The response part of a review, or a way to fail. */
export type Answer = object | "hang" | "close" | "error" | "other-uid";

export interface WebhookServer {
  readonly url: string;
  /** Base64 PEM, as configurations have it. */
  readonly caBundle: string;
  readonly asked: { readonly path: string; readonly request: AskedReview }[];
  answer: (path: string, request: AskedReview) => Answer;
  close(): Promise<void>;
}

export async function startWebhookServer(): Promise<WebhookServer> {
  const now = new Date();
  const ca = await issueAuthority(now);
  const leaf = await issueLeaf(
    ca,
    { commonName: "webhook", organizations: [], names: ["localhost", "127.0.0.1"], usage: "serverAuth" },
    { now, lifeMs: 3_600_000 },
  );
  const state = {
    asked: [] as { path: string; request: AskedReview }[],
    answer: (() => ({ allowed: true })) as WebhookServer["answer"],
  };
  const server = createServer({ cert: leaf.cert, key: leaf.key }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString()) as { request: AskedReview };
      const path = (incoming.url ?? "").split("?")[0] ?? "";
      state.asked.push({ path, request });
      respond(outgoing, request.uid, state.answer(path, request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `https://127.0.0.1:${String(port)}`,
    caBundle: Buffer.from(ca.cert).toString("base64"),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  });
}

function respond(outgoing: ServerResponse, uid: string, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "close") {
    outgoing.destroy();
    return;
  }
  if (answer === "error") {
    outgoing.writeHead(500).end("something broke");
    return;
  }
  const response = typeof answer === "string" ? { allowed: true, uid: "other" } : { uid, ...answer };
  outgoing.writeHead(200, { "content-type": "application/json" });
  outgoing.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
}
