"""JSON merge patches (RFC 7396), and where one says something that the document cannot hold."""

from typing import Any

MOST_DEPTH = 32


def merged(target: Any, patch: Any) -> Any:
    """`target` with `patch` laid over it, as RFC 7396 section 2 says: null takes a member away, an object is merged, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def unknown_path(patch: Any, known: Any) -> tuple[str, ...] | None:
    """The path of the first member of `patch` that `known`, the patched document as it was understood, lacks; None: all are known."""
    if isinstance(patch, dict) and isinstance(known, dict):
        for name, value in patch.items():
            if value is None:
                continue
            if name not in known:
                return (name,)
            if below := unknown_path(value, known[name]):
                return (name, *below)
    return None


def is_deeper(document: Any, most: int = MOST_DEPTH) -> bool:
    """Whether a document nests deeper than `most` levels."""
    level = [document]
    for _ in range(most):
        level = [value for one in level for value in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
        if not level:
            return False
    return True
