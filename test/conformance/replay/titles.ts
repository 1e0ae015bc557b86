/** Names of tests, as they are written and as a run reports them. */

/** Whether a source has the title, whole and by itself: as the name of a test or of a row of a table. */
export const hasTitle = (source: string, title: string): boolean =>
  [JSON.stringify(title), `\`${title}\``].some((literal) => source.includes(literal));

/** What a table fills in: `$says`, `%s`, `${name}`. */
const placeholder = /\$\{[^}]*\}|\$[\w.]+|%[sdifjo#]/g;

/** Whether a reported name is that of the title, whatever was filled in. */
export function isNamed(reported: string, title: string): boolean {
  const parts = title
    .split(placeholder)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".+")}$`, "s").test(reported);
}
