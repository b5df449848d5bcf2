"""Writes `k8s/base/settings.env`: every setting of every service with its default, commented out (`python infra/list_settings.py`)."""

import importlib
import json
import textwrap
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings

TARGET = Path(__file__).parent / "k8s/base/settings.env"
HEAD = """\
# Every setting of every service with its default. Take the # away and change the value: Kubernetes gives the file to all services
# (kustomization.yaml), Compose too (compose.yaml). What a service does not know it ignores; what a deployment states itself wins.
# Written by `python infra/list_settings.py` from the code, and a test holds the two together; secrets belong elsewhere.
"""
_GROUPS = (
    ("Every service", "services.runtime.settings", "RuntimeSettings"),
    ("Gateway: people, limits, quotas", "services.gateway.people.settings", "PeopleSettings"),
    ("Gateway", "services.gateway.settings", "GatewaySettings"),
    ("Enhancer", "services.enhancer.settings", "EnhancerSettings"),
    ("Enhancer: a language model", "services.enhancer.model.settings", "LlmSettings"),
    ("Analyzer", "services.analyzer.settings", "AnalyzerSettings"),
    ("Generator", "services.generator.settings", "GeneratorSettings"),
    ("Mixer", "services.mixer.settings", "MixerSettings"),
    ("QA", "services.qa.settings", "QaSettings"),
)


def listed() -> str:
    """The file."""
    seen: dict[str, Any] = {}
    parts = [HEAD]
    for title, module, name in _GROUPS:
        kind: type[BaseSettings] = getattr(importlib.import_module(module), name)
        lines = []
        for field, about in kind.model_fields.items():
            variable = f"{kind.model_config['env_prefix']}{field}".upper()
            default = about.get_default(call_default_factory=True)
            if variable in seen and seen[variable] == default:
                continue
            seen[variable] = default
            lines += textwrap.wrap(about.description or "", 120, initial_indent="# ", subsequent_indent="#   ")
            lines.append(f"#{variable}={'' if field == 'scratch_dir' else _told(default)}")
        if lines:
            parts.append("\n".join([f"## {title}", *lines]) + "\n")
    return "\n".join(parts)


def _told(default: Any) -> str:
    """A default as it would be written in the environment; nothing for none."""
    if default is None:
        return ""
    if hasattr(default, "get_secret_value"):
        return str(default.get_secret_value())
    if isinstance(default, list | tuple | set | frozenset | dict):
        return json.dumps(default if isinstance(default, dict) else list(default))
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    TARGET.write_text(listed(), "utf-8")
