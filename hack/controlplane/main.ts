/**
 * Runs a control plane until it is interrupted: etcd, kube-apiserver, controller manager, scheduler and kwok with two
 * simulated GPU nodes. Its programs come from hack/controlplane/build.sh, or from KUBEBUILDER_ASSETS.
 *
 * usage: npm run controlplane [-- DIRECTORY]   (default: .cache/controlplane, emptied first)
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { startControlPlane } from "./start.ts";

const standard = path.resolve(import.meta.dirname, "../../.cache/controlplane");
const directory = path.resolve(process.argv[2] ?? standard);
if (directory === standard) rmSync(directory, { recursive: true, force: true });
const stopped = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
});
const before = Date.now();
const plane = await startControlPlane({ directory, controllerManager: true, scheduler: true, gpuNodes: 2 });
console.log(`ready in ${((Date.now() - before) / 1000).toFixed(1)} s at ${plane.url}`);
console.log(`export KUBECONFIG=${plane.kubeconfig}`);
await stopped;
await plane.stop();
