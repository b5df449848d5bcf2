"""Verify a delivered folder again, from its files alone: `houseband check DIR`."""

from pathlib import Path

import soundfile as sf
from pydantic import ValidationError

from contracts.context import Context
from contracts.errors import BadInput
from contracts.music.score import Score
from contracts.provenance import Provenance
from contracts.report import Check, Manifest, Relation, Verdict
from contracts.upgrades import read_context
from services.qa.asked import Asked, asked_of
from services.qa.checks import examine
from services.qa.delivered import file_digest, from_folder
from services.qa.provenance import NAME as PROVENANCE
from services.qa.report import CONTEXT, MANIFEST
from services.qa.signing import is_signed

SCORE = "score.json"


def _load(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise BadInput("folder", str(folder), f"a folder that houseband made, with its {name}")
    return path.read_bytes()


def read_manifest(folder: Path) -> Manifest:
    """manifest.json of a folder. Raises BadInput where folder or manifest are missing or cannot be read."""
    if not folder.is_dir():
        raise BadInput("folder", str(folder), "an existing folder that houseband made")
    try:
        return Manifest.model_validate_json(_load(folder, MANIFEST))
    except ValidationError as error:
        raise BadInput("folder", str(folder), f"a folder with a readable {MANIFEST}", hint=f"{error.error_count()} errors in it") from error


def check_hashes(folder: Path, manifest: Manifest) -> Check:
    """Every file of the manifest is there and unaltered."""
    inside = folder.resolve()
    missing = [n for n in manifest.files if not (folder / n).is_file() or not (folder / n).resolve().is_relative_to(inside)]
    altered = [n for n, entry in manifest.files.items() if n not in missing and file_digest(folder / n) != entry.sha256]
    said = [f"altered: {', '.join(altered)}"] * bool(altered) + [f"missing: {', '.join(missing)}"] * bool(missing)
    return Check(
        name="hashes",
        asked=len(manifest.files),
        measured=len(manifest.files) - len(missing) - len(altered),
        unit="files",
        relation=Relation.AT_LEAST,
        passed=not said,
        how="sha256 of every file against manifest.json",
        note="; ".join(said) or None,
    )


def check_provenance(folder: Path) -> Check:
    """provenance.json agrees with itself, with the files, and with its signature where it has one; read by `check_folder`."""
    how = "assertions against the claim's hashes, files against theirs, the claim against its Ed25519 signature"
    check = Check(name="provenance", asked="whole", measured="whole", passed=True, how=how)
    try:
        document = Provenance.model_validate_json(_load(folder, PROVENANCE))
    except ValidationError as error:
        return check.model_copy(update={"measured": "unreadable", "passed": False, "note": f"{error.error_count()} errors in it"})
    claimed = {one.label: one.hash for one in document.claim.assertions}
    wrong = [one.label for one in document.assertions if claimed.pop(one.label, "") != one.digest()] + list(claimed)
    files = document.assertion("houseband.files")
    wrong += [n for n, one in files.items() if (folder / n).is_file() and file_digest(folder / n) != one["hash"]]
    signature = document.signature
    if signature and not is_signed(signature, document.claim.signed_bytes()):
        wrong.append("signature")
    note = f"altered: {', '.join(wrong)}" if wrong else f"signed by {signature.kid}" if signature else "not signed"
    return check.model_copy(update={"measured": "altered" if wrong else "whole", "passed": not wrong, "note": note})


def _read_asked(folder: Path) -> tuple[Score, Asked, Context]:
    score_raw, context_raw = _load(folder, SCORE), _load(folder, CONTEXT)
    try:
        score, context = Score.model_validate_json(score_raw), read_context(context_raw)
    except ValueError as error:
        raise BadInput("folder", str(folder), f"readable {SCORE} and {CONTEXT}", hint=str(error).splitlines()[0]) from error
    return score, asked_of(context, score), context


def check_folder(path: Path) -> Verdict:
    """Hashes, then every check of finalization, from the files of a folder.

    An altered file is a failed check "hashes" that names it. Raises BadInput for a folder that is missing, that houseband
    did not make, or whose score, context or master cannot be read at all.
    """
    manifest = read_manifest(path)
    hashes = check_hashes(path, manifest)
    try:
        score, asked, context = _read_asked(path)
        findings = examine(from_folder(path, [n for n in manifest.files if ".." not in Path(n).parts], score), asked)
    except (BadInput, sf.LibsndfileError) as error:
        if not hashes.passed:
            return Verdict(passed=False, attempt=1, checks=(hashes,))
        if isinstance(error, BadInput):
            raise
        raise BadInput("folder", str(path), "stems that can be read as sound", hint=str(error)) from error
    proved = (check_provenance(path),) if PROVENANCE in manifest.files else ()
    checks = (hashes, *proved, *findings.checks)
    return Verdict(passed=all(check.passed for check in checks), attempt=context.attempt, checks=checks)
