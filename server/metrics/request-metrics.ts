/**
 * Metrics about requests, under kube-apiserver's names so that its dashboards fit. Label values come from closed sets:
 * a group or resource becomes a label only once a request for it succeeded, so nobody can invent series.
 */
import type { RequestKind } from "../http/filters/max-in-flight.ts";
import type { Registry } from "@prometheus-io/client";
import { Counter, Gauge } from "@prometheus-io/client";
import type { RequestInfo } from "../http/request-info.ts";
import { buckets } from "./buckets.ts";
import { SeriesHistogram } from "./series-histogram.ts";

const requestLabels = ["verb", "group", "version", "resource", "subresource", "scope", "component"] as const;
type RequestLabels = Record<(typeof requestLabels)[number], string>;
const terminationLabels = [
  "verb",
  "code",
  "group",
  "version",
  "resource",
  "subresource",
  "scope",
  "component",
] as const;

/** What is counted about one finished request. */
export interface RequestRecord {
  readonly method: string;
  readonly info: RequestInfo;
  readonly contentType: string | undefined;
  readonly dryRun: boolean;
  readonly code: number;
  readonly seconds: number;
  /** Absent for streams. */
  readonly responseBytes?: number | undefined;
  readonly requestBytes: number;
  readonly isLongRunning: boolean;
  readonly aborted: boolean;
}

interface Series {
  readonly labels: RequestLabels;
  readonly known: boolean;
  readonly byCode: Map<string, () => void>;
  readonly observeDuration: (seconds: number) => void;
  readonly observeSli: (seconds: number) => void;
  readonly observeResponseSize: (bytes: number) => void;
  observeBodySize?: (bytes: number) => void;
}

export class RequestMetrics {
  readonly #total: Counter<
    "verb" | "dry_run" | "group" | "version" | "resource" | "subresource" | "scope" | "component" | "code"
  >;
  readonly #duration;
  readonly #sli;
  readonly #responseSizes;
  readonly #bodySizes;
  readonly #longRunning;
  readonly #terminations;
  readonly #aborts;
  readonly #deprecated;
  readonly #series = new Map<string, Series>();
  readonly #bodySizeSeries = new Map<string, (bytes: number) => void>();
  readonly #known = new Set<string>();

  constructor(registry: Registry, inFlight: (kind: RequestKind) => number) {
    const registers = [registry];
    this.#total = new Counter({
      name: "apiserver_request_total",
      help: "Requests by verb, dry run, resource, scope and response code.",
      labelNames: [
        "verb",
        "dry_run",
        "group",
        "version",
        "resource",
        "subresource",
        "scope",
        "component",
        "code",
      ],
      registers,
    });
    this.#duration = new SeriesHistogram({
      name: "apiserver_request_duration_seconds",
      help: "Time from the arrival of a request to its response; for streams to their end.",
      labelNames: ["dry_run", ...requestLabels],
      buckets: buckets.duration,
      registry,
    });
    this.#sli = new SeriesHistogram({
      name: "apiserver_request_sli_duration_seconds",
      help: "Time from the arrival of a request to its response, without streams.",
      labelNames: requestLabels,
      buckets: buckets.duration,
      registry,
    });
    this.#responseSizes = new SeriesHistogram({
      name: "apiserver_response_sizes",
      help: "Size of response bodies in bytes, without streams.",
      labelNames: requestLabels,
      buckets: buckets.responseSize,
      registry,
    });
    this.#bodySizes = new SeriesHistogram({
      name: "apiserver_request_body_size_bytes",
      help: "Size of request bodies in bytes by resource and verb.",
      labelNames: ["group", "resource", "verb"],
      buckets: buckets.bodySize,
      registry,
    });
    this.#longRunning = new Gauge({
      name: "apiserver_longrunning_requests",
      help: "Streams being written now.",
      labelNames: [...requestLabels],
      registers,
    });
    const inFlightGauge = new Gauge({
      name: "apiserver_current_inflight_requests",
      help: "Requests being answered now, without streams.",
      labelNames: ["request_kind"],
      registers,
      collect: () => {
        inFlightGauge.set({ request_kind: "readOnly" }, inFlight("readOnly"));
        inFlightGauge.set({ request_kind: "mutating" }, inFlight("mutating"));
        inFlightGauge.set({ request_kind: "callback" }, inFlight("callback"));
      },
    });
    this.#terminations = new Counter({
      name: "apiserver_request_terminations_total",
      help: "Requests the server ended to protect itself or because time ran out.",
      labelNames: [...terminationLabels],
      registers,
    });
    this.#aborts = new Counter({
      name: "apiserver_request_aborts_total",
      help: "Requests whose client went away before the response was complete.",
      labelNames: ["verb", "group", "version", "resource", "subresource", "scope"],
      registers,
    });
    this.#deprecated = new Gauge({
      name: "apiserver_requested_deprecated_apis",
      help: "Deprecated versions that have been asked for.",
      labelNames: ["group", "version", "resource", "subresource", "removed_release"],
      registers,
    });
  }

  /** Counts a finished request. */
  record(record: RequestRecord): void {
    const { info } = record;
    if (record.code < 300 && info.isResourceRequest) this.#learn(info);
    const series = this.#seriesOf(record.method, info, record.contentType);
    const code = record.dryRun ? `${record.code} dry` : String(record.code);
    let increment = series.byCode.get(code);
    if (increment === undefined) {
      const labels = { ...series.labels, dry_run: record.dryRun ? "All" : "", code: String(record.code) };
      const child = this.#total.labels(labels);
      increment = () => {
        child.inc();
      };
      series.byCode.set(code, increment);
    }
    increment();
    series.observeDuration(record.seconds);
    if (!record.isLongRunning) {
      series.observeSli(record.seconds);
      if (record.responseBytes !== undefined) series.observeResponseSize(record.responseBytes);
    }
    if (record.requestBytes > 0) {
      series.observeBodySize ??= this.#bodySizeOf(series.labels);
      series.observeBodySize(record.requestBytes);
    }
    if (record.aborted) {
      const { component: _, ...labels } = series.labels;
      this.#aborts.inc(labels);
    }
  }

  /** A stream began; the result is called at its end. */
  streamStarted(method: string, info: RequestInfo): () => void {
    this.#learn(info);
    const { labels } = this.#seriesOf(method, info, undefined);
    this.#longRunning.inc(labels);
    return () => {
      this.#longRunning.dec(labels);
    };
  }

  /** The server gave up on a request: too many in flight, or out of time. */
  terminated(method: string, info: RequestInfo, code: number): void {
    this.#terminations.inc({ ...this.#seriesOf(method, info, undefined).labels, code: String(code) });
  }

  /** A deprecated version was asked for; called by handlers, which know. */
  deprecatedApi(info: RequestInfo, removedRelease = ""): void {
    const { group, version, resource, subresource } = info;
    this.#deprecated.set({ group, version, resource, subresource, removed_release: removedRelease }, 1);
  }

  /** Bodies are counted apart from versions and scopes, so several series share one of these. */
  #bodySizeOf({ group, resource, verb }: RequestLabels): (bytes: number) => void {
    const key = `${verb} ${group}/${resource}`;
    let observe = this.#bodySizeSeries.get(key);
    if (observe === undefined) {
      observe = this.#bodySizes.series({ group, resource, verb: verb.toLowerCase() });
      this.#bodySizeSeries.set(key, observe);
    }
    return observe;
  }

  #learn(info: RequestInfo): void {
    this.#known.add(resourceKey(info));
  }

  #seriesOf(method: string, info: RequestInfo, contentType: string | undefined): Series {
    const verb = reportedVerb(method, info, contentType);
    const resource = info.isResourceRequest ? resourceKey(info) : "";
    const known = resource !== "" && this.#known.has(resource);
    const scope = scopeOf(info);
    const key = known ? `${verb} ${scope} ${resource}` : `${verb} ${scope}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels: RequestLabels = {
        verb,
        group: known ? info.group : "",
        version: known ? info.version : "",
        resource: known ? info.resource : "",
        subresource: known ? info.subresource : "",
        scope,
        component: "apiserver",
      };
      series = {
        labels,
        known,
        byCode: new Map(),
        observeDuration: this.#duration.series({ ...labels, dry_run: "" }),
        observeSli: this.#sli.series(labels),
        observeResponseSize: this.#responseSizes.series(labels),
      };
      this.#series.set(key, series);
    }
    return series;
  }
}

const resourceKey = (info: RequestInfo): string =>
  `${info.group}/${info.version}/${info.resource}/${info.subresource}`;

function scopeOf(info: RequestInfo): string {
  if (!info.isResourceRequest) return "";
  if (info.name !== "" || info.verb === "create") return "resource";
  return info.namespace === "" ? "cluster" : "namespace";
}

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The verb label: methods in upper case, apart from what reads many, applies, or deletes many. */
function reportedVerb(method: string, info: RequestInfo, contentType: string | undefined): string {
  if (info.isResourceRequest) {
    if (info.verb === "list") return "LIST";
    if (info.verb === "watch") return "WATCH";
    if (info.verb === "deletecollection") return "DELETECOLLECTION";
    if (info.verb === "proxy") return "CONNECT";
    if (info.verb === "patch" && contentType?.startsWith("application/apply-patch") === true) return "APPLY";
  }
  if (method === "HEAD") return "GET";
  return methods.has(method) ? method : "other";
}
