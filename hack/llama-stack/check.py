"""Asks the server's own code whether it takes configurations: the steps of its start up to the providers' instances.

Each file is read, its variables are replaced, and the result validated as the server does it. Every provider that is
enabled must be one the server has for that API, with a configuration its own class accepts and without a key that class
does not know, which the server would silently ignore. Every API a provider needs must be served.

usage: check.py PACKAGES CONFIG.yaml...
"""

import importlib
import importlib.metadata
import os
import re
import sys

packages, *files = sys.argv[1:]
sys.path[:0] = [packages, os.path.dirname(os.path.abspath(__file__))]

import older_python

older_python.install()

import yaml
from llama_stack.core.configure import parse_and_maybe_upgrade_config
from llama_stack.core.datatypes import Api
from llama_stack.core.distribution import builtin_automatically_routed_apis, get_provider_registry
from llama_stack.core.resolver import sort_providers_by_deps, specs_for_autorouted_apis, validate_and_prepare_providers

# Always there, whatever the configuration says.
INTERNAL = {"inspect", "providers", "prompts", "conversations", "connectors", "admin"}


def class_named(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def set_variables(text):
    """Values for those that a Secret gives in the cluster, and for no other: nobody else sets one."""
    for name in re.findall(r"\$\{env\.(LLSD_[A-Z0-9_]+)\}", text):
        os.environ.setdefault(name, "5432" if name.endswith("_PORT") else "given-by-a-secret")


def problems_of_config(where, kind, given):
    try:
        kind(**given)
    except Exception as error:
        return [f"{where}: {error}"]
    known = set()
    for name, field in kind.model_fields.items():
        known |= {name, field.alias or name}
    if kind.model_config.get("extra") == "allow":
        return []
    return [f"{where}: the server ignores {key}" for key in given if key not in known]


def problems_of(text):
    set_variables(text)
    config = parse_and_maybe_upgrade_config(yaml.safe_load(text))
    registry = get_provider_registry(config)
    routed = builtin_automatically_routed_apis()
    tables, routers = {info.routing_table_api for info in routed}, {info.router_api for info in routed}
    prepared = validate_and_prepare_providers(config, registry, tables, routers)
    served = set(config.apis or [*prepared, *(api.value for api in tables | routers)])
    problems = []
    count = 0
    for key, providers in prepared.items():
        for provider_id, provider in providers.items():
            count += 1
            where = f"{key.removeprefix('inner-')}/{provider_id}"
            problems += problems_of_config(where, class_named(provider.spec.config_class), provider.config)
            for needed in provider.spec.api_dependencies:
                table = next((info.router_api.value for info in routed if info.routing_table_api == needed), None)
                if not {needed.value, table} & (served | INTERNAL):
                    problems.append(f"{where}: needs {needed.value}, which is not served")
    prepared.update(specs_for_autorouted_apis(served))
    sort_providers_by_deps(prepared, config)
    unknown = [name for name in served if name not in {api.value for api in Api}]
    problems += [f"apis: the server has no {name}" for name in unknown]
    problems += problems_of_resources(config)
    return problems, count


def problems_of_resources(config):
    ids = {api: {provider.provider_id for provider in providers} for api, providers in config.providers.items()}
    resources = config.registered_resources
    wanted = [("inference", model.provider_id, model.model_id) for model in resources.models]
    wanted += [("safety", shield.provider_id, shield.shield_id) for shield in resources.shields]
    wanted += [("tool_runtime", group.provider_id, group.toolgroup_id) for group in resources.tool_groups]
    return [
        f"{name}: {api} has no provider {provider_id}"
        for api, provider_id, name in wanted
        if provider_id is not None and provider_id not in ids.get(api, set())
    ]


version = importlib.metadata.version("llama-stack")
failed = False
for file in files:
    with open(file, encoding="utf-8") as handle:
        text = handle.read()
    try:
        problems, count = problems_of(text)
    except Exception as error:
        problems, count = [f"{type(error).__name__}: {error}"], 0
    name = os.path.basename(file)
    failed = failed or bool(problems)
    for problem in problems:
        print(f"{name}: {problem}")
    if not problems:
        print(f"{name}: accepted by llama-stack {version}, with {count} providers")
sys.exit(1 if failed else 0)
