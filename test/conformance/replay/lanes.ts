import type { Section } from "./corpus.ts";

/**
 * The files dealt out to so many lanes. Much of the time is spent waiting for watches to end, so lanes run side by side;
 * each file is a namespace of its own.
 */
export const inLanes = (files: readonly Section[], lanes: number): readonly { files: readonly Section[] }[] =>
  Array.from({ length: lanes }, (_, lane) => ({ files: files.filter((_file, i) => i % lanes === lane) }));
