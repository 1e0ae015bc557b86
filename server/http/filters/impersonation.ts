/**
 * Acting as somebody else (`kubectl --as`), for direct calls: every part of the wanted identity needs the verb
 * `impersonate`. Through kube-apiserver the headers never arrive.
 */
import { ApiError } from "../../../api/errors/api-error.ts";
import { badRequest } from "../../../api/errors/catalogue.ts";
import type { UserInfo } from "../../../api/meta/user.ts";
import type { AuthorizationAttributes, Authorizer } from "../../authz/authorizer.ts";
import { refusedRequest } from "../../authz/forbidden.ts";

const extraPrefix = "impersonate-extra-";

/** The user the headers ask for; undefined without such headers. Throws BadRequest or Forbidden. */
export async function impersonate(
  rawHeaders: readonly string[],
  user: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo | undefined> {
  const wanted = readWanted(rawHeaders);
  if (wanted === undefined) return undefined;
  for (const what of wanted.asked) {
    const attributes: AuthorizationAttributes = {
      user,
      verb: "impersonate",
      isResourceRequest: true,
      group: "",
      version: "v1",
      subresource: "",
      namespace: "",
      path: "",
      ...what,
    };
    const decision = await authorizer.authorize(attributes);
    if (decision.decision !== "Allow") throw refusedRequest(attributes, decision.reason);
  }
  return wanted.user;
}

/** Whether a request asks for it; asked for every request. */
export function asksToImpersonate(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length >= 15 && (name.startsWith("I") || name.startsWith("i")) && /^impersonate-/i.test(name))
      return true;
  }
  return false;
}

interface Wanted {
  readonly user: UserInfo;
  readonly asked: readonly Asked[];
}

type Asked = Pick<AuthorizationAttributes, "resource" | "name"> & Partial<AuthorizationAttributes>;

function readWanted(rawHeaders: readonly string[]): Wanted | undefined {
  const headers = readHeaders(rawHeaders);
  const { name, groups, uid, extra } = headers;
  if (name === "") {
    const without = withoutUser(headers);
    if (without === undefined) return undefined;
    const { code, reason, message } = badRequest(`requested ${without} without impersonating a user`);
    throw new ApiError({ code, reason, message, isUnauthorizedRequest: true });
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const [, namespace = "", serviceAccount = ""] = account ?? [];
  const authn = { group: "authentication.k8s.io" };
  const asked: Asked[] = [
    account === null
      ? { resource: "users", name }
      : { resource: "serviceaccounts", namespace, name: serviceAccount },
    ...groups.map((group) => ({ resource: "groups", name: group })),
    ...(uid === "" ? [] : [{ ...authn, resource: "uids", name: uid }]),
    ...[...extra].flatMap(([key, values]) =>
      values.map((value) => ({ ...authn, resource: "userextras", subresource: key, name: value })),
    ),
  ];
  const all = [...groups];
  if (account !== null && groups.length === 0) {
    all.push("system:serviceaccounts", `system:serviceaccounts:${namespace}`);
  }
  const known = name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  if (!all.includes("system:authenticated") && !all.includes("system:unauthenticated")) all.push(known);
  return {
    user: {
      name,
      groups: all,
      ...(uid === "" ? {} : { uid }),
      ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
    },
    asked,
  };
}

/** What is asked for besides a user, as kube-apiserver prints it: references to objects, most of whose parts are empty. */
function withoutUser({ groups, uid, extra }: Headers): string | undefined {
  const authn = "authentication.k8s.io/v1";
  const asked = [
    ...groups.map((group) => `{Group  ${group}    }`),
    ...[...extra].flatMap(([key, values]) =>
      values.map((value) => `{UserExtra  ${value}  ${authn}  ${key}}`),
    ),
    ...(uid === "" ? [] : [`{UID  ${uid}  ${authn}  }`]),
  ];
  return asked.length === 0 ? undefined : `[${asked.join(" ")}]`;
}

interface Headers {
  name: string;
  uid: string;
  readonly groups: string[];
  readonly extra: Map<string, string[]>;
}

function readHeaders(rawHeaders: readonly string[]): Headers {
  const read: Headers = { name: "", uid: "", groups: [], extra: new Map() };
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = (rawHeaders[i] ?? "").toLowerCase();
    const value = Buffer.from(rawHeaders[i + 1] ?? "", "latin1").toString("utf8");
    if (header === "impersonate-user" && read.name === "") read.name = value;
    else if (header === "impersonate-uid" && read.uid === "") read.uid = value;
    else if (header === "impersonate-group") read.groups.push(value);
    else if (header.startsWith(extraPrefix)) {
      const key = unescapeKey(header.slice(extraPrefix.length));
      read.extra.set(key, [...(read.extra.get(key) ?? []), value]);
    }
  }
  return read;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
