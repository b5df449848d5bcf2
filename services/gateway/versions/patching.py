"""A merge patch over a version: options, brief, score and mix, each checked as if it had been posted by itself."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.brief import Brief, Stated
from contracts.context import Context, Options
from contracts.errors import BadInput
from contracts.music.score import Score
from contracts.pipeline import Stage
from services.gateway.jobs.intake import read_options
from services.gateway.problems import Refused
from services.gateway.versions.judging import check_score
from services.gateway.versions.merging import MOST_DEPTH, is_deeper, merged, unknown_path
from services.gateway.versions.starting import Need

_FIELDS = {
    "bpm": "tempo_bpm",
    "key": "key",
    "meter": "meter",
    "duration_s": "duration_s",
    "genre": "genres",
    "moods": "moods",
    "energy": "energy",
    "valence": "valence",
    "instruments": "instruments_with",
    "without": "instruments_without",
    "chords": "chords",
    "structure": "structure",
    "ending": "ending",
}
"""The field of a brief that an option states."""
MEMBERS = ("options", "brief", "score", "mix")
_T = TypeVar("_T", bound=BaseModel)


@dataclass(frozen=True)
class Patched:
    """A version's request and score as patched. `seed` None and `score` None: as they were."""

    options: Options
    seed: int | None = None
    score: Score | None = None
    needs: tuple[Need, ...] = ()


def patched(patch: dict[str, Any], context: Context, score: Score | None) -> Patched:
    """What a patch makes of a version. Raises Refused (422, 409) or BadInput, with the path that is at fault."""
    _check_shape(patch)
    options, seed = _options(patch, context.request.options)
    needs: list[Need] = []
    if seed is not None and seed != context.seed:
        needs.append(Need(Stage.COMPOSITION, "options.seed"))
    options = options.model_copy(update={"brief": _standing(options, patch, context)})
    changed = _score(patch["score"], score) if patch.get("score") else None
    if changed is not None:
        needs.append(Need(Stage.ARRANGEMENT, "score", only=True))
    elif _is_reset(patch, "score") and score is not None:
        needs.append(Need(Stage.COMPOSITION, "score"))  # no notes are stated any more: they are written anew
    return Patched(options, seed, changed, tuple(needs))


def _standing(options: Options, patch: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """The brief that stands over prompt and options: as patched; else what was laid over before, but for what the options now change.

    None stands where the patch takes it away: prompt and options are read again.
    """
    if _is_reset(patch, "brief"):
        return None
    if brief := _brief(patch.get("brief"), context):
        return brief
    changed = patch.get("options") or {}
    if not set(changed) & set(_FIELDS):
        return options.brief
    over = {**(options.brief or {}), **_decided_before(context, changed)}
    return {name: one for name, one in over.items() if name not in {_FIELDS.get(option) for option in changed}} or None


def _is_reset(patch: dict[str, Any], member: str) -> bool:
    """Whether a patch takes a member away (RFC 7396: null), so that it is as if it had never been stated."""
    return member in patch and patch[member] is None


def _check_shape(patch: dict[str, Any]) -> None:
    for name, value in patch.items():
        if name not in MEMBERS:
            raise Refused(422, f"patch has no member {name[:40]}.", field=f"patch.{name[:40]}", value=value, allowed=", ".join(MEMBERS))
        if value is not None and not isinstance(value, dict):
            raise Refused(422, f"patch.{name} is no object.", field=f"patch.{name}", value=value, allowed="a JSON object")
    if is_deeper(patch):
        raise Refused(422, "The patch nests too deeply.", field="patch", allowed=f"up to {MOST_DEPTH} levels")
    try:
        json.dumps(patch, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise Refused(422, "The patch is no Unicode text.", field="patch", value=str(error.object)[:80], allowed="Unicode text") from error
    except ValueError as error:
        raise Refused(
            422, "The patch holds a number that is none.", field="patch", value="NaN or Infinity", allowed="finite numbers"
        ) from error


def _options(patch: dict[str, Any], before: Options) -> tuple[Options, int | None]:
    """The options as patched, read as those of a new job are, and the seed beside them."""
    laid = {name: patch[name] for name in ("options", "mix") if name in patch and patch[name] != {}}
    if not laid:
        return before, None
    mix = laid.get("mix")
    stated = before.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document = merged({"options": stated}, {name: one for name, one in laid.items() if name == "options"}).get("options", {})
    document = merged(document, {name: one for name, one in laid.items() if name == "mix"})
    document.pop("until", None)  # stated beside the patch
    try:
        options, seed = read_options(json.dumps(document))
    except Refused as refused:
        problem = refused.problem()
        path = (problem.field or "options").removeprefix("options.mix.") if mix else (problem.field or "options")
        field = f"patch.mix.{path}" if mix and problem.field and problem.field.startswith("options.mix.") else f"patch.{problem.field}"
        told = problem.detail.replace(problem.field or "", field, 1)
        raise Refused(refused.status, told, code=problem.code, field=field, value=problem.value, allowed=problem.allowed) from refused
    return options, seed


def _brief(patch: dict[str, Any] | None, context: Context) -> dict[str, Any]:
    """The whole brief as patched, where a patch changes it: it stands over prompt and options, and what else it says stays."""
    if not patch:
        return {}
    if context.ideation is None:
        raise BadInput("patch.brief", "a brief", "a version that got to ideation; before, state options")
    for name in patch:
        if name not in Brief.model_fields:
            raise Refused(
                422, f"A brief has no field {name[:40]}.", field=f"patch.brief.{name[:40]}", allowed=", ".join(Brief.model_fields)
            )
    before = context.ideation.brief.model_dump(mode="json")
    after = merged(before, {name: _with_source(before.get(name), value) for name, value in patch.items()})
    _validated(Brief.model_validate, after, {}, "patch.brief")
    return after if after != before else {}


def _with_source(before: Any, value: Any) -> Any:
    """A field's patch, by its bare value or as the brief has it: what a person changes is stated."""
    if not isinstance(before, dict) or value is None:
        return value
    bare = not isinstance(value, dict) or not set(value) & set(Stated.model_fields)
    given = {"value": value} if bare else value
    stated = {"source": "stated", "evidence": "patched brief", "confidence": 1.0, "reason": None}
    return {**stated, **given} if "value" in given else given


def _decided_before(context: Context, changed: Collection[str]) -> dict[str, Any]:
    """What earlier revisions decided, for a song that is read anew: what is stated in its brief but for what the options now change."""
    if context.request.revises is None or context.ideation is None:
        return {}
    now = {_FIELDS[name] for name in changed if name in _FIELDS}
    fields = context.ideation.brief.model_dump(mode="json")
    return {
        name: one
        for name, one in fields.items()
        if name not in now and isinstance(one, dict) and one.get("source") == "stated" and one.get("value")
    }


def _score(patch: dict[str, Any], before: Score | None) -> Score:
    """The score as patched: well formed, its music readable, every note inside the song. Raises Refused or BadInput."""
    if before is None:
        raise Refused(
            409,
            "This version has no arranged notes yet.",
            code="illegal_move",
            field="patch.score",
            allowed="a version that got to arrangement",
        )
    score = _validated(Score.model_validate, merged(before.model_dump(mode="json"), patch), patch, "patch.score")
    check_score(score, "patch.score")
    return score


def _validated(read: Callable[[Any], _T], document: Any, patch: Any, path: str) -> _T:
    """A patched document as its model understands it. Raises Refused for a value that cannot be, and for a member it does not have."""
    try:
        understood = read(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join((path, *map(str, first["loc"])))
        raise Refused(422, f"{field}: {first['msg']}.", field=field, value=first.get("input"), allowed=first["msg"]) from error
    if unknown := unknown_path(patch, understood.model_dump(mode="json")):
        field = ".".join((path, *unknown))
        raise Refused(422, f"There is no {field}.", field=field, allowed="members that the document has")
    return understood
