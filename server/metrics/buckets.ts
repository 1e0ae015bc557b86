/** The bucket bounds kube-apiserver uses for the metrics of the same names. */
export const buckets = {
  duration: [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
  ],
  responseSize: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
  bodySize: Array.from({ length: 31 }, (_, i) => 50_000 + 100_000 * i),
  eventSize: Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i),
  watchList: [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60],
} as const;
