"""What Schemathesis is told about Kubernetes: how a watch ends, and what every answer has to be."""

import json
import re

import schemathesis

# Failures kube-apiserver, too, answers as a 500 without a reason, or as a 504 that asks to come back.
DOCUMENTED = re.compile(
    r"strconv\.ParseUint|resourceVersion should not be set|failed to create typed patch object"
    r"|failed to create manager|Too large resource version|content is not a list"
)


@schemathesis.hook
def map_query(context, query):
    """A watch would go on for half an hour, a revision to come is waited for, and what is there stays."""
    query = dict(query) if isinstance(query, dict) else {}
    query.pop("watch", None)
    query.pop("resourceVersion", None)
    if context.operation.method == "delete":
        query["dryRun"] = "All"
    return query


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Half of the requests are about what exists."""
    if isinstance(path_parameters, dict):
        for key, known in (("namespace", "default"), ("name", "victim")):
            if key in path_parameters and len(str(path_parameters[key])) % 2 == 1:
                path_parameters[key] = known
    return path_parameters


@schemathesis.check
def always_a_status(ctx, response, case):
    """A failure is a Status with the code of the answer, and none of them is the server's own fault."""
    code = response.status_code
    text = response.content.decode("utf-8", "replace")
    if code >= 500 and code not in (501, 503, 504) and not DOCUMENTED.search(text):
        raise AssertionError(f"{code}: {text[:300]}")
    kind = response.headers.get("content-type", [""])[0]
    if code < 400 or "json" not in kind:
        return
    status = json.loads(text)
    assert status["kind"] == "Status" and status["status"] == "Failure" and status["code"] == code, text[:300]
