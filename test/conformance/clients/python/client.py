"""Checks of the Python client against the cluster KUBECONFIG names: one line of JSON for each."""

import json
import threading
import time
import traceback

from kubernetes import config
from kubernetes.client import ApiClient
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, DynamicApiError, NotFoundError, UnprocessibleEntityError
from kubernetes.watch import Watch

API_VERSION = "hawsepipe.dev/v1alpha2"
KIND = "ModelDeployment"
CHECKS = []


def check(name):
    """Registers a function as the check of that name; it is called with a client of the kind and a namespace."""

    def register(function):
        CHECKS.append((name, function))
        return function

    return register


def deployment(name, **metadata):
    """A small object that nothing is rendered for, because it is paused."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, **metadata},
        "spec": {
            "model": {"id": "Qwen/Qwen3-0.6B"},
            "engine": {"type": "vllm"},
            "provider": {"name": "vllm"},
            "serving": {"resources": {"gpu": {"count": 1}}},
            "paused": True,
        },
    }


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, not {want!r}")


def refused(error, call, *words):
    """Answers the Status of a refusal of the wanted sort that says each of the words."""
    try:
        call()
    except error as refusal:
        status = json.loads(refusal.body)
        for word in words:
            if word not in status["message"]:
                raise AssertionError(f"the refusal does not say {word!r}: {status['message']}") from refusal
        return status
    raise AssertionError(f"not refused with {error.__name__}")


def names(instance):
    return [item.metadata.name for item in instance.items]


@check("create, get and delete: defaults in the answer, typed errors for what is not there")
def lives(api, namespace):
    created = api.create(body=deployment("one"), namespace=namespace)
    equal(created.spec.serving.mode, "aggregated", "spec.serving.mode")
    equal(created.metadata.generation, 1, "metadata.generation")
    equal(api.get(name="one", namespace=namespace).metadata.uid, created.metadata.uid, "uid")
    status = refused(
        UnprocessibleEntityError,
        lambda: api.create(
            body={**deployment("two"), "spec": {**deployment("two")["spec"], "serving": {"mode": "sideways"}}},
            namespace=namespace,
        ),
        "spec.serving.mode",
    )
    equal(status["details"]["causes"][0]["field"], "spec.serving.mode", "field of the cause")
    refused(ConflictError, lambda: api.create(body=deployment("one"), namespace=namespace), "already exists")
    api.delete(name="one", namespace=namespace)
    refused(NotFoundError, lambda: api.get(name="one", namespace=namespace), '"one" not found')


@check("list: chosen by labels and fields, in pages that end")
def lists(api, namespace):
    for i in range(5):
        body = deployment(f"model-{i}", labels={"even": str(i % 2 == 0).lower()})
        api.create(body=body, namespace=namespace)
    equal(names(api.get(namespace=namespace, label_selector="even=true")), ["model-0", "model-2", "model-4"], "even")
    equal(names(api.get(namespace=namespace, field_selector="metadata.name=model-3")), ["model-3"], "by name")
    seen, token = [], None
    while token != "":
        page = api.get(namespace=namespace, limit=2, _continue=token)
        seen.append(names(page))
        token = page.metadata.get("continue") or ""
    equal(seen, [["model-0", "model-1"], ["model-2", "model-3"], ["model-4"]], "pages")


@check("watch: what happens after a list comes in order, and the stream ends by itself")
def watches(api, namespace):
    start = api.get(namespace=namespace).metadata.resourceVersion
    failures = []

    def write():
        try:
            created = api.create(body=deployment("one"), namespace=namespace)
            patch = {"metadata": {"labels": {"changed": "yes"}}}
            content_type = "application/merge-patch+json"
            api.patch(body=patch, name="one", namespace=namespace, content_type=content_type)
            api.delete(name="one", namespace=namespace, body={"preconditions": {"uid": created.metadata.uid}})
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    seen, versions, watcher = [], [], Watch()
    for event in api.watch(namespace=namespace, resource_version=start, timeout=50, watcher=watcher):
        labels = event["object"].metadata.labels or {}
        seen.append((event["type"], labels.get("changed")))
        versions.append(int(event["object"].metadata.resourceVersion))
        if event["type"] == "DELETED":
            watcher.stop()
    writer.join()
    equal(failures, [], "failures of the writer")
    # What a status adds in between does not count.
    once = [event for i, event in enumerate(seen) if i == 0 or event != seen[i - 1]]
    without_status = [event for event in once if event != ("MODIFIED", None)]
    equal(without_status, [("ADDED", None), ("MODIFIED", "yes"), ("DELETED", "yes")], "events")
    equal(versions, sorted(versions), "resource versions")
    # With nothing to tell, it is the time that ends the stream.
    rest = api.watch(namespace=namespace, resource_version=str(versions[-1]), timeout=1)
    equal(list(rest), [], "events after the last one")


@check("patch: merge and JSON do what they say, the client's default of a strategic one is refused")
def patches(api, namespace):
    api.create(body=deployment("one", labels={"a": "1"}), namespace=namespace)
    merged = api.patch(
        body={"metadata": {"labels": {"a": None, "b": "2"}}},
        name="one",
        namespace=namespace,
        content_type="application/merge-patch+json",
    )
    equal(merged.metadata.labels.to_dict(), {"b": "2"}, "labels")
    patched = api.patch(
        body=[{"op": "move", "from": "/metadata/labels/b", "path": "/metadata/labels/c"}],
        name="one",
        namespace=namespace,
        content_type="application/json-patch+json",
    )
    equal(patched.metadata.labels.to_dict(), {"c": "2"}, "labels")
    status = refused(DynamicApiError, lambda: api.patch(body={}, name="one", namespace=namespace))
    equal(status["code"], 415, "code")
    stale = merged.to_dict()
    stale["spec"]["paused"] = False
    refused(ConflictError, lambda: api.replace(body=stale, namespace=namespace), "the object has been modified")


@check("server-side apply: a conflict names the manager and the field, force takes it over")
def applies(api, namespace):
    def apply(manager, model, force=None):
        body = deployment("one")
        body["spec"]["model"]["id"] = model
        return api.server_side_apply(
            body=body,
            namespace=namespace,
            field_manager=manager,
            force_conflicts=force,
        )

    equal(apply("first", "Qwen/Qwen3-0.6B").metadata.generation, 1, "metadata.generation")
    status = refused(ConflictError, lambda: apply("second", "Qwen/Qwen3-8B"), 'conflict with "first"')
    equal([cause["field"] for cause in status["details"]["causes"]], [".spec.model.id"], "fields of the causes")
    equal(apply("second", "Qwen/Qwen3-8B", force=True).spec.model.id, "Qwen/Qwen3-8B", "spec.model.id")


@check("subresources: status and scale are found by discovery and written apart")
def subresources(api, namespace):
    api.create(body=deployment("one"), namespace=namespace)
    merge = "application/merge-patch+json"
    scaled = api.scale.patch(body={"spec": {"replicas": 3}}, name="one", namespace=namespace, content_type=merge)
    equal(scaled.kind, "Scale", "kind")
    equal(api.get(name="one", namespace=namespace).spec.serving.replicas, 3, "spec.serving.replicas")
    body = {"status": {"message": "said by a test"}, "spec": {"paused": False}}
    written = api.status.patch(body=body, name="one", namespace=namespace, content_type=merge)
    equal(written.status.message, "said by a test", "status.message")
    equal(written.spec.paused, True, "spec.paused")


def main():
    config.load_kube_config()
    client = DynamicClient(ApiClient())
    api = client.resources.get(api_version=API_VERSION, kind=KIND)
    namespaces = client.resources.get(api_version="v1", kind="Namespace")
    for name, function in CHECKS:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "python-"}}
        namespace = namespaces.create(body=body).metadata.name
        line, began = {"check": name, "ok": True}, time.monotonic()
        try:
            function(api, namespace)
        except Exception:  # pylint: disable=broad-except
            line.update(ok=False, error=traceback.format_exc(limit=-2))
        line["milliseconds"] = round((time.monotonic() - began) * 1000)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
