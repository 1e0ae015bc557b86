"""Lets Python 3.11 import the server's modules, which are written for 3.12.

Only the notation of type parameters is newer: `class Name[T]`, `def name[T](…)` and `type Name = …`. They mean nothing
when a program runs, so the parameters are taken away and stand as type variables at the top of the module. Nothing is
changed on Python 3.12 and later.
"""

import importlib.abc
import importlib.machinery
import re
import sys

PARAMETERS = re.compile(r"^(\s*(?:class|def|async def) \w+)\[([^\]]*)\]", re.MULTILINE)
ALIAS = re.compile(r"^type (\w+) = ", re.MULTILINE)
FUTURE = re.compile(r"^from __future__ .*$", re.MULTILINE)


def without_type_parameters(text):
    names = {part.split(":")[0].strip() for found in PARAMETERS.finditer(text) for part in found[2].split(",")}
    text = ALIAS.sub(r"\1 = ", PARAMETERS.sub(r"\1", text))
    if not names:
        return text
    variables = "".join(f'{name} = __import__("typing").TypeVar("{name}"); ' for name in sorted(names))
    future = FUTURE.search(text)
    at = future.end() + 1 if future else 0
    return f"{text[:at]}{variables}\n{text[at:]}"


class Loader(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        return super().source_to_code(without_type_parameters(data.decode()).encode(), path, _optimize=_optimize)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] not in ("llama_stack", "llama_stack_api"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def install():
    if sys.version_info < (3, 12):
        # What is compiled here is none of what Python would compile.
        sys.dont_write_bytecode = True
        sys.meta_path.insert(0, Finder())
