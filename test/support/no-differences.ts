/** Fails with all of what was found, whole: an assertion would cut it to a line, and it is what one has to know. */
export function noDifferences(found: readonly string[]): void {
  if (found.length > 0) throw new Error(found.join("\n\n"));
}
