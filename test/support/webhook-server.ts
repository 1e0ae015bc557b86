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

/** The response part of a review, or a way to fail; `text` is a body as it stands. */
export type Answer = object | { readonly text: string } | "hang" | "close" | "error" | "other-uid";

/** A call of the webhook. */
export interface Asked {
  readonly path: string;
  readonly request: AskedReview;
  /** Method, query and what the caller said of the body, as it came. */
  readonly head: string;
  /** The body as it came. */
  readonly body: string;
}

export interface WebhookServer {
  readonly url: string;
  /** Base64 PEM, as configurations have it. */
  readonly caBundle: string;
  readonly asked: Asked[];
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
    asked: [] as Asked[],
    answer: (() => ({ allowed: true })) as WebhookServer["answer"],
  };
  const server = createServer({ cert: leaf.cert, key: leaf.key }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const { request } = JSON.parse(body) as { request: AskedReview };
      const { method = "", url = "", headers } = incoming;
      const [path = "", query = ""] = url.split("?");
      const head = [method, query, headers["content-type"], headers.accept].join(" | ");
      state.asked.push({ path, request, head, body });
      respond(outgoing, request.uid, state.answer(path, request));
    });
  });
  // Go asks over a connection for as long as it is open, and a POST is lost on one that is closed at that moment.
  server.keepAliveTimeout = 0;
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
  if (typeof answer === "object" && "text" in answer) {
    outgoing.writeHead(200, { "content-type": "application/json" }).end(answer.text);
    return;
  }
  const response = typeof answer === "string" ? { allowed: true, uid: "other" } : { uid, ...answer };
  outgoing.writeHead(200, { "content-type": "application/json" });
  outgoing.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
}
