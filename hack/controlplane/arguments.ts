/** The command lines of the control plane's programs. Everything listens on the loopback address. */
import path from "node:path";
import type { Certificates } from "./certificates.ts";

export interface Addresses {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

const loopback = "127.0.0.1";
const onLoopback = (port: number): string => `http://${loopback}:${String(port)}`;

export function etcdArguments(directory: string, ports: Addresses): readonly string[] {
  return [
    "--name=controlplane",
    `--data-dir=${path.join(directory, "etcd")}`,
    `--listen-client-urls=${onLoopback(ports.etcdClient)}`,
    `--advertise-client-urls=${onLoopback(ports.etcdClient)}`,
    `--listen-peer-urls=${onLoopback(ports.etcdPeer)}`,
    `--initial-advertise-peer-urls=${onLoopback(ports.etcdPeer)}`,
    `--initial-cluster=controlplane=${onLoopback(ports.etcdPeer)}`,
    "--log-level=warn",
  ];
}

export function apiServerArguments(certificates: Certificates, ports: Addresses): readonly string[] {
  const { serving, frontProxyClient, serviceAccountKeyFile } = certificates;
  return [
    `--etcd-servers=${onLoopback(ports.etcdClient)}`,
    `--secure-port=${String(ports.apiServer)}`,
    `--bind-address=${loopback}`,
    `--advertise-address=${loopback}`,
    `--tls-cert-file=${serving.certFile}`,
    `--tls-private-key-file=${serving.keyFile}`,
    `--client-ca-file=${certificates.caFile}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${serviceAccountKeyFile}`,
    `--service-account-signing-key-file=${serviceAccountKeyFile}`,
    `--requestheader-client-ca-file=${certificates.frontProxyCaFile}`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${frontProxyClient.certFile}`,
    `--proxy-client-key-file=${frontProxyClient.keyFile}`,
    "--authorization-mode=Node,RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
  ];
}

/** Each controller has an account of its own, as clusters run them. */
export function controllerManagerArguments(
  kubeconfig: string,
  port: number,
  certificates: Certificates,
): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${certificates.serviceAccountKeyFile}`,
    `--root-ca-file=${certificates.caFile}`,
    "--use-service-account-credentials=true",
    `--bind-address=${loopback}`,
    `--secure-port=${String(port)}`,
    "--leader-elect=false",
  ];
}

export function schedulerArguments(kubeconfig: string, port: number): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--bind-address=${loopback}`,
    `--secure-port=${String(port)}`,
    "--leader-elect=false",
  ];
}

/** kwok reads its stages from the given files. */
export function kwokArguments(kubeconfig: string, stageFiles: readonly string[]): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--manage-all-nodes=true",
    "--node-lease-duration-seconds=40",
    ...stageFiles.map((file) => `--config=${file}`),
  ];
}
