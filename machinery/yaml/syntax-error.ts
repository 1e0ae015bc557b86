/** YAML that cannot be read; the message is worded like that of sigs.k8s.io/yaml. */
export class YamlSyntaxError extends Error {
  override readonly name = "YamlSyntaxError";
  /** Counted from 1; undefined when the problem has no place. */
  readonly line: number | undefined;
  constructor(problem: string, line?: number) {
    super(
      `error converting YAML to JSON: yaml: ${line === undefined ? "" : `line ${String(line)}: `}${problem}`,
    );
    this.line = line;
  }
}

/** YAML that can be read, of a value JSON does not have. */
export class YamlValueError extends YamlSyntaxError {
  constructor(problem: string) {
    super(problem);
    this.message = `error converting YAML to JSON: ${problem}`;
  }
}
