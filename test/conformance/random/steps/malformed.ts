import type { Request, Step } from "./step.ts";

const bodies = [
  '{"a":',
  "[]",
  '"x"',
  "null",
  "5",
  "{}",
  "",
  " ",
  "{}{}",
  "{} x",
  "{'a': 1}",
  '{"kind":1}',
  '{"apiVersion":1,"kind":"Twin"}',
  '{"apiVersion":"v1","kind":"Twin"}',
  '{"apiVersion":"twin.example.com/v1","kind":"twin","metadata":{"name":"a"}}',
  '{"apiVersion":"twin.example.com/v2","kind":"Twin","metadata":{"name":"a"}}',
  '{"apiVersion":"twin.example.com/v1beta1","kind":"Twin","metadata":{"name":"a"}}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","metadata":[]}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","metadata":{"name":"a"},"metadata":{"name":"b"}}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","Metadata":{"name":"a"}}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","metadata":{"name":"a"},"spec":{"color":"red","color":"blue","big":1,"big":2}}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","metadata":{"name":"a"},"spec":{"title":"\\ud800"}}',
  '{"apiVersion":"twin.example.com/v1","kind":"Twin","metadata":{"name":"a"},"spec":{"title":"a\tb"}}',
  '{"apiVersion":"twin.example.com/v1","kind":"TwinList","items":[]}',
  "apiVersion: twin.example.com/v1\nkind: Twin\nmetadata: {name: a}\nspec: {color: red}\n",
] as const;

const protobuf = "application/vnd.kubernetes.protobuf";

const types = [
  undefined,
  undefined,
  undefined,
  "application/yaml",
  "application/json; charset=utf-8",
  "application/cbor",
  protobuf,
  "text/plain",
  "application/merge-patch+json",
  "application/json-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+cbor",
  "application/apply-patch+yaml",
  "nonsense",
] as const;

function isYaml(body: string): boolean {
  if (body.startsWith("apiVersion")) return true;
  try {
    JSON.parse(body);
    return !body.includes("\\ud800") && !body.includes("\t");
  } catch {
    return false;
  }
}

/** A body that says nothing sensible, in a type it may not have. */
export const malformed: Step = (random) => {
  const body = random.pick(bodies);
  // What is no YAML is told in other words, and that is decided.
  const type = random.pick(isYaml(body) ? types : types.filter((known) => known?.includes("yaml") !== true));
  const validation = random.isTrue(0.3)
    ? `&fieldValidation=${random.pick(["Strict", "Warn", "Ignore"])}`
    : "";
  const request = random.pick<Request>([
    { post: `twins?fieldManager=u1${validation}`, body },
    { put: `twins/a?fieldManager=u1${validation}`, body },
    { put: `twins/a/status?fieldManager=u1${validation}`, body },
    { put: `twins/a/scale?fieldManager=u1${validation}`, body },
    { patch: `twins/a?fieldManager=u1${validation}`, merge: body },
    { patch: `twins/a?fieldManager=u1${validation}`, ops: body },
    ...(isYaml(body)
      ? [
          {
            patch: `twins/a?fieldManager=u1${validation}`,
            body,
            headers: { "content-type": "application/apply-patch+yaml" },
          },
        ]
      : []),
    { delete: "twins/a?dryRun=All", body },
    { delete: "twins?dryRun=All", body },
    { send: "POST twins/a", body },
    { send: "PUT twins", body },
    { send: "PATCH twins", body },
    { send: "OPTIONS twins/a" },
    { send: "TRACE twins/a" },
    { send: "POST twins/a/status", body },
    { send: "DELETE twins/a/status" },
    { send: "DELETE twins/a/scale" },
  ]);
  // Of a body in protobuf whose fields are to be checked kube-apiserver makes a panic: it closes the connection.
  const isWrite = request.post ?? request.put ?? request.send;
  if (type === protobuf && isWrite?.includes("fieldValidation=Ignore") === false) return request;
  return type === undefined ? request : { ...request, headers: { ...request.headers, "content-type": type } };
};
