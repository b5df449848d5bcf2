"""An edited brief from a file: the option `brief`, and the words it was read from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.errors import BadInput

_FIELDS = {"bpm": "tempo_bpm", "genre": "genres", "instruments": "instruments_with", "without": "instruments_without"}
MOST_BYTES = 256 * 1024
_ALLOWED = 'a JSON object as `houseband brief "…" --json` writes it, whole or some of its fields'


def read_edited(path: Path) -> dict[str, Any]:
    """A brief, edited or not, as the option `brief`. Raises BadInput for a file that holds none."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise BadInput("brief", str(path), f"a brief of at most {MOST_BYTES // 1024} KiB")
        found: Any = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except OSError as error:
        raise BadInput("brief", str(path), "a readable file", hint=error.strerror or "") from error
    except (ValueError, RecursionError) as error:
        hint = "" if isinstance(error, UnicodeError) else str(error)
        raise BadInput("brief", str(path), _ALLOWED, hint=hint) from None
    if not isinstance(found, dict) or not found:
        raise BadInput("brief", found if isinstance(found, dict) else type(found).__name__, _ALLOWED)
    return found


def check_edit(options: Mapping[str, Any]) -> None:
    """Raise BadInput for an edited brief that cannot be, before anything is started for it."""
    from services.enhancer.edited import check_edited

    if options.get("brief"):
        check_edited(options["brief"])


def words_of_brief(edited: Mapping[str, Any] | None) -> str:
    """The prompt that a brief was read from; empty where it names none."""
    words = edited.get("prompt") if edited else None
    return words.strip() if isinstance(words, str) else ""


def restated(earlier: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Earlier options, their edited brief without the fields that are stated anew: it would stand over them."""
    gone = {_FIELDS.get(name, name) for name in stated}
    left = {name: value for name, value in (earlier.get("brief") or {}).items() if name not in gone}
    return {**{name: value for name, value in earlier.items() if name != "brief"}, **({"brief": left} if left else {})}


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
