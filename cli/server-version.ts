import type { VersionInfo } from "../server/http/version.ts";
import { programVersion } from "./commands/version.ts";

/** What `/version` answers. */
export function versionInfo(): VersionInfo {
  return {
    // The Kubernetes minor whose behaviour is served: clients compare it with their own.
    major: "1",
    minor: "35",
    gitVersion: `v1.35.0+hawsepipe-${programVersion()}`,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch}`,
  };
}
