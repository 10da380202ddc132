"""PURE: where the digits of `sensitive` questions go (PCI DSS 3.2 to 3.4).

They may go to services (`http` headers and bodies), into conditions, and into other
variables, which are secrets then too. Nowhere else may more be shown than the last four.
"""

from __future__ import annotations

from collections.abc import Iterator

from switch.errors import Problem
from switch.ivr.check_names import templates
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource


def secrets_of(file: FlowFile) -> frozenset[str]:
    """Return the variables that hold secrets, or something computed from them."""
    secrets = {name for node in file.nodes.values() for name in node.secrets()}
    assignments = [
        (str(location[-1]), template)
        for node in file.nodes.values()
        if node.type == "set"
        for location, template in node.expressions()
    ]
    while secrets:
        found = {name for name, template in assignments if template.exposed & secrets}
        if found <= secrets:
            break
        secrets |= found
    return frozenset(secrets)


def check_secrets(file: FlowFile, source: YamlSource) -> Iterator[Problem]:
    """Yield expressions that would show a secret."""
    secrets = secrets_of(file)
    if not secrets:
        return
    for name, node in file.nodes.items():
        allowed = {id(each) for where, each in node.expressions() if node.keeps_secret(where)}
        for location, template in templates(node):
            if id(template) in allowed:
                continue
            for secret in sorted(template.exposed & secrets):
                hint = (
                    f"`vars.{secret} | last4` may be shown; the whole may go into conditions "
                    "and into headers and body of `http`"
                )
                message = f"`vars.{secret}` is a secret, keyed in with `sensitive: true`"
                yield source.problem(("nodes", name, *location), message, hint)
