/**
 * Audit events (`audit.k8s.io/v1`, level Metadata): who asked for what, and what came of it. Never a body, never a
 * header but the user agent.
 */
import type { UserInfo } from "../../api/meta/user.ts";
import type { RequestInfo } from "../http/request-info.ts";

export type AuditStage = "ResponseStarted" | "ResponseComplete" | "Panic";

export interface AuditedRequest {
  readonly auditId: string;
  readonly url: string;
  readonly info: RequestInfo;
  /** Who was authenticated. */
  readonly user: UserInfo;
  /** Who the request acted as, when that is somebody else. */
  readonly impersonated?: UserInfo | undefined;
  readonly remoteAddress: string;
  readonly userAgent: string | undefined;
  readonly receivedAt: Date;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export interface AuditedOutcome {
  readonly stage: AuditStage;
  readonly code: number;
  readonly at: Date;
}

/** Renders events. Users are rendered once, as long as their object lives, and so is each moment. */
export class AuditEncoder {
  readonly #users = new WeakMap<UserInfo, string>();
  readonly #received = new Moment();
  readonly #ended = new Moment();

  /** One line of JSON without a newline. */
  encode(request: AuditedRequest, outcome: AuditedOutcome): string {
    const { info } = request;
    let line =
      `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":${JSON.stringify(request.auditId)}` +
      `,"stage":"${outcome.stage}","requestURI":${JSON.stringify(request.url)},"verb":${JSON.stringify(info.verb)}` +
      `,"user":${this.#user(request.user)}`;
    if (request.impersonated !== undefined) line += `,"impersonatedUser":${this.#user(request.impersonated)}`;
    if (request.remoteAddress !== "") line += `,"sourceIPs":[${JSON.stringify(request.remoteAddress)}]`;
    if (request.userAgent !== undefined) line += `,"userAgent":${JSON.stringify(request.userAgent)}`;
    if (info.isResourceRequest) line += `,"objectRef":${objectRef(info)}`;
    line +=
      `,"responseStatus":{"metadata":{},"code":${outcome.code}}` +
      `,"requestReceivedTimestamp":"${this.#received.microTime(request.receivedAt)}","stageTimestamp":"${this.#ended.microTime(outcome.at)}"`;
    if (request.annotations !== undefined) line += `,"annotations":${JSON.stringify(request.annotations)}`;
    return `${line}}`;
  }

  #user(user: UserInfo): string {
    let text = this.#users.get(user);
    if (text === undefined) {
      text = JSON.stringify({ username: user.name, uid: user.uid, groups: user.groups, extra: user.extra });
      this.#users.set(user, text);
    }
    return text;
  }
}

function objectRef(info: RequestInfo): string {
  let text = `{"resource":${JSON.stringify(info.resource)}`;
  if (info.namespace !== "") text += `,"namespace":${JSON.stringify(info.namespace)}`;
  if (info.name !== "") text += `,"name":${JSON.stringify(info.name)}`;
  if (info.group !== "") text += `,"apiGroup":${JSON.stringify(info.group)}`;
  text += `,"apiVersion":${JSON.stringify(info.version)}`;
  if (info.subresource !== "") text += `,"subresource":${JSON.stringify(info.subresource)}`;
  return `${text}}`;
}

/** Keeps the text of the last moment it was asked for: many requests share a millisecond. */
class Moment {
  #ms = NaN;
  #text = "";

  /** Kubernetes' MicroTime: six digits of a second. */
  microTime(at: Date): string {
    const ms = at.getTime();
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#text = `${at.toISOString().slice(0, -1)}000Z`;
    }
    return this.#text;
  }
}
