"""provenance.json: what a song was made of and by, bound to its files."""

import uuid
from importlib.metadata import version
from typing import Any

from contracts.artifacts import Artifact
from contracts.context import Context
from contracts.pipeline import Stage
from contracts.provenance import Assertion, Claim, HashedReference, Provenance
from services.qa.signing import Signer

NAME = "provenance.json"
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# The composer and the band draw from statistics learned of open data; nothing after them does.
_LEARNED, _COMPUTED = f"{_IPTC}trainedAlgorithmicMedia", f"{_IPTC}algorithmicMedia"
_WORKS: dict[Stage, tuple[str, str, str]] = {
    Stage.IDEATION: ("houseband.briefed", _COMPUTED, "the words and what was brought became a brief"),
    Stage.COMPOSITION: ("c2pa.created", _LEARNED, "form, harmony and melody were written"),
    Stage.ARRANGEMENT: ("houseband.arranged", _LEARNED, "the players' parts were written"),
    Stage.PRODUCTION: ("houseband.rendered", _COMPUTED, "each part was played by its engine"),
    Stage.MIXING: ("houseband.mixed", _COMPUTED, "the stems were mixed"),
    Stage.MASTERING: ("houseband.mastered", _COMPUTED, "the mix was brought to its loudness and delivered"),
}
_LEARNED_FROM = {
    "chords": "McGill Billboard 2.0 (CC0), POP909 (MIT)",
    "melodies": "POP909 (MIT)",
    "grooves": "Groove MIDI Dataset 1.0.0 (CC BY 4.0)",
    "sections": "Harmonix Set (MIT), SALAMI (CC0), POP909 structure (MIT)",
}
_INPUTS = {
    "reference": "heard: tempo, key, form, groove, energy, tone, loudness; no melody and no words of it are in the song",
    "midi": "its notes are built on",
    "hum": "its melody is built on",
    "image": "seen: colours and contrast, for the mood",
    "base": "the earlier song that this one goes on from",
    "cover": "the picture in the files' tags",
}


def build_provenance(context: Context, signer: Signer | None) -> Provenance:
    """The document of a context with all its delivered files; signed where there is a signer."""
    assertions = (
        Assertion(label="c2pa.actions.v2", data={"actions": _actions(context)}),
        Assertion(label="houseband.files", data=_files(context)),
        *_ingredients(context),
        Assertion(label="houseband.engines", data=_engines(context)),
        Assertion(label="houseband.models", data={"learned_from": _LEARNED_FROM, "asked": _models(context)}),
        Assertion(label="houseband.request", data=_request(context)),
        Assertion(label="houseband.rights", data=_rights(context)),
    )
    claim = Claim(
        instance_id=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, assertions[1].digest())}",
        title=(context.ideation.brief.title if context.ideation else "") or "Untitled",
        generator={"name": "Houseband", "version": version("houseband")},
        created_at=context.created_at,
        assertions=tuple(HashedReference(label=one.label, hash=one.digest()) for one in assertions),
    )
    return Provenance(claim=claim, assertions=assertions, signature=signer.sign(claim.signed_bytes()) if signer else None)


def _actions(context: Context) -> list[dict[str, Any]]:
    """What was done, in order; of a revision, the edits that a person asked for."""
    revises = context.request.revises
    first = list(Stage).index(revises.from_stage) if revises else 0
    found: list[dict[str, Any]] = []
    if revises:
        found.append({"action": "c2pa.opened", "description": f"version {revises.version} was opened"})
        words = revises.told or ((revises.instruction,) if revises.instruction else ())
        found += [{"action": "c2pa.edited", "digitalSourceType": f"{_IPTC}humanEdits", "description": told} for told in words]
    for stage, (action, source, what) in _WORKS.items():
        if list(Stage).index(stage) >= first:
            decided = [f"{one.topic}: {one.choice}" for one in context.ai_decisions if one.stage is stage and ":" not in one.topic]
            found.append({"action": action, "digitalSourceType": source, "description": what, "parameters": {"decisions": decided}})
    return found


def _files(context: Context) -> dict[str, Any]:
    """Every delivered file but this one and the manifest, by name."""
    return {name: {"alg": "sha256", "hash": one.sha256, "bytes": one.bytes} for name, one in sorted(context.artifacts.items())}


def _ingredients(context: Context) -> tuple[Assertion, ...]:
    """What came from outside, each with its hash and what was taken of it; of a revision, its parent."""
    found: list[Assertion] = []
    for name, taken in _INPUTS.items():
        artifact: Artifact | None = getattr(context.request, name)
        if artifact is not None:
            data = {"title": name, "format": artifact.media_type, "relationship": "inputTo", "hash": artifact.sha256, "description": taken}
            found.append(Assertion(label=f"c2pa.ingredient.v3__{len(found) + 1}", data=data))
    if context.request.revises:
        parent = context.request.revises
        data = {"title": f"{context.composition_id}@{parent.version}", "relationship": "parentOf", "description": parent.instruction}
        found.append(Assertion(label=f"c2pa.ingredient.v3__{len(found) + 1}", data=data))
    return tuple(found)


def _engines(context: Context) -> dict[str, Any]:
    plan = context.production.plan if context.production else {}
    return {
        part: {"engine": one.engine, "instrument": one.instrument, "source": one.source, "licence": one.licence, "dry_stem": one.digest}
        for part, one in sorted(plan.items())
    }


def _models(context: Context) -> list[dict[str, Any]]:
    """Language and vision models that were asked, with what is on record of each."""
    topics = ("language model", "vision model")
    return [{"what": one.topic, "told": one.choice, **one.parameters} for one in context.ai_decisions if one.topic in topics]


def _request(context: Context) -> dict[str, Any]:
    request = context.request
    return {"prompt": request.prompt, "seed": request.seed, "lyrics": bool(request.lyrics), "taps": len(request.taps)}


def _rights(context: Context) -> dict[str, Any]:
    plan = context.production.plan if context.production else {}
    return {
        "asked": context.request.options.licence,
        "sounds": sorted({one.licence for one in plan.values() if one.licence}),
        "told": "the music belongs to whoever asked for it, as far as what they brought allows; the sounds' licences are named above",
    }
