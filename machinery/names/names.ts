/**
 * The syntax of names, labels and other identifiers. Every function answers the messages kube-apiserver would give;
 * none means valid. Lengths are bytes.
 */

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = "[-._a-zA-Z0-9]+";
const ENV_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*";

const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

interface Syntax {
  readonly pattern: RegExp;
  readonly message: string;
}

function syntax(fmt: string, message: string, ...examples: readonly string[]): Syntax {
  const shown = examples.map((example, i) => `${i > 0 ? " or " : ""}'${example}', `).join("");
  return {
    pattern: new RegExp(`^${fmt}$`),
    message: `${message} (${examples.length > 0 ? `e.g. ${shown}` : ""}regex used for validation is '${fmt}')`,
  };
}

const label = syntax(
  LABEL,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "my-name",
  "123-abc",
);
const subdomain = syntax(
  SUBDOMAIN,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);
const label1035 = syntax(
  LABEL_1035,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "my-name",
  "abc-123",
);
const qualified = syntax(QUALIFIED, QUALIFIED_MESSAGE, "MyName", "my.name", "123-abc");
const value = syntax(
  LABEL_VALUE,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
  "MyValue",
  "my_value",
  "12345",
);
const configKey = syntax(
  CONFIG_KEY,
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);
const envName = syntax(
  ENV_NAME,
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  "my.env-name",
  "MY_ENV.NAME",
  "MyEnvName1",
);

/** `must be no more than N bytes`: what kube-apiserver says of labels. */
export const maxLengthMessage = (max: number): string => `must be no more than ${String(max)} bytes`;
/** The same in the word it has for names. */
const maxNameMessage = (max: number): string => `must be no more than ${String(max)} characters`;

const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

function check(text: string, max: number, rule: Syntax, tooLong = maxNameMessage): string[] {
  const messages: string[] = [];
  if (bytes(text) > max) messages.push(tooLong(max));
  if (!rule.pattern.test(text)) messages.push(rule.message);
  return messages;
}

/** A DNS label, lower case, at most 63 bytes: names of namespaces and many others. */
export function dns1123Label(text: string): string[] {
  const messages = bytes(text) > 63 ? [maxNameMessage(63)] : [];
  if (label.pattern.test(text)) return messages;
  return [...messages, subdomain.pattern.test(text) ? "must not contain dots" : label.message];
}

/** Labels joined by dots, at most 253 bytes: the default for names. */
export const dns1123Subdomain = (text: string): string[] => check(text, 253, subdomain);

/** A DNS label that starts with a letter: names of Services. */
export const dns1035Label = (text: string): string[] => check(text, 63, label1035);

/** `[prefix/]name`, as for label keys and finalizers. */
export function qualifiedName(text: string): string[] {
  const parts = text.split("/");
  const [prefix = "", second] = parts;
  if (parts.length > 2) {
    return [
      `a valid label key ${qualified.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const messages: string[] = [];
  if (second !== undefined) {
    if (prefix === "") messages.push("prefix part must be non-empty");
    else
      messages.push(
        ...check(prefix, 253, subdomain, maxLengthMessage).map((message) => `prefix part ${message}`),
      );
  }
  const name = second ?? prefix;
  if (name === "") messages.push("name part must be non-empty");
  else if (bytes(name) > 63) messages.push(`name part ${maxLengthMessage(63)}`);
  if (!qualified.pattern.test(name)) messages.push(`name part ${qualified.message}`);
  return messages;
}

/** The value of a label: empty, or at most 63 bytes of the alphabet of names. */
export const labelValue = (text: string): string[] => check(text, 63, value, maxLengthMessage);

/** A name that is used as one segment of a URL path. */
export function pathSegment(text: string): string[] {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return ["/", "%"].filter((c) => text.includes(c)).map((c) => `may not contain '${c}'`);
}

/** A key of a ConfigMap or Secret. */
export function configMapKey(text: string): string[] {
  const messages = check(text, 253, configKey);
  if (text === "." || text === "..") messages.push(`must not be '${text}'`);
  else if (text.startsWith("..")) messages.push("must not start with '..'");
  return messages;
}

/** The name of an environment variable. */
export function environmentName(text: string): string[] {
  const messages = envName.pattern.test(text) ? [] : [envName.message];
  if (text === "." || text === "..") messages.push(`must not be '${text}'`);
  else if (text.startsWith("..")) messages.push("must not start with '..'");
  return messages;
}

/** A port number from 1 to 65535. */
export const portNumber = (port: number | bigint): string[] =>
  port >= 1 && port <= 65535 ? [] : ["must be between 1 and 65535, inclusive"];

/** The name of a container port (an IANA service name). */
export function portName(text: string): string[] {
  const messages: string[] = [];
  if (bytes(text) > 15) messages.push(maxNameMessage(15));
  if (!/^[-a-z0-9]+$/.test(text)) {
    messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(text)) messages.push("must contain at least one letter (a-z)");
  if (text.includes("--")) messages.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) messages.push("must not begin or end with a hyphen");
  return messages;
}

/** A prefix of a generated name: the rule of the name, its last hyphen counting as a letter. */
export function asGenerateName(
  rule: (text: string) => readonly string[],
): (prefix: string) => readonly string[] {
  return (prefix) => rule(prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix);
}
