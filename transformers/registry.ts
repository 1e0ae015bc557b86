/**
 * The providers this program can render for. One folder per provider; a new one adds its folder and its line here, and
 * nothing else in the program names it. Everything below transformers/ is pure: no clock, no I/O, no randomness.
 */
import { dynamo } from "./dynamo/provider.ts";
import { kaito } from "./kaito/provider.ts";
import { kuberay } from "./kuberay/provider.ts";
import { llmd } from "./llmd/provider.ts";
import type { Transformer } from "./transformer.ts";
import { vllm } from "./vllm/provider.ts";

/** All transformers, by name. */
export const transformers: readonly Transformer[] = [dynamo, kaito, kuberay, llmd, vllm];

/** The transformer of a provider, or undefined when this program has none of that name. */
export const transformerOf = (name: string | undefined): Transformer | undefined =>
  transformers.find((transformer) => transformer.name === name);
