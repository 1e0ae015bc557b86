import { readOnlyPath } from "../../api/errors/catalogue.ts";
import { encodePretty } from "../../machinery/json/encode.ts";
import type { Handler } from "./api-request.ts";

/** What `/version` says; the order of the keys is the order on the wire. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** `/version`, indented as kube-apiserver does; for GET only, not even for HEAD. */
export function versionHandler(version: VersionInfo): Handler {
  const body = encodePretty({ ...version }, { sorted: false });
  return async ({ method }) => {
    if (method !== "GET") throw readOnlyPath();
    return { status: 200, headers: { "content-type": "application/json" }, body };
  };
}
