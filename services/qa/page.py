"""report.html: one self-contained page that a musician can read, on a phone, in the dark, or on paper."""

import shlex
from pathlib import PurePosixPath
from typing import Any

import jinja2
from markupsafe import Markup

from contracts.brief import Brief
from contracts.context import Context
from contracts.music.score import Score
from contracts.report import Check, Relation, Report
from contracts.sound import edition_file
from services.qa import pictures
from services.qa.checks import Findings

_NAMES = {
    "tempo": "Tempo", "key": "Key", "loudness": "Loudness", "true_peak": "True peak", "clipping": "Clipping", "duration": "Duration",
    "silence": "Dead air", "stems_null": "Stems sum to the master", "stems_heard": "Every part sounds", "dc_offset": "DC offset",
    "stereo_correlation": "Mono compatibility", "flac": "FLAC equals WAV", "mp3_peak": "MP3 peak",
    "similarity": "Likeness to the reference", "melody_own": "A tune of its own",
    "formats": "Further formats", "editions": "Further versions",
    "edits_on_bars": "Edits on bar lines", "lead_null": "Lead and instrumental sum to the master", "loop_seam": "Seam of the loop",
    "stems_zip": "Stems in the archive",
}  # fmt: skip
_SIGNS = {Relation.AT_MOST: "≤ ", Relation.AT_LEAST: "≥ ", Relation.WITHIN: ""}


def _number(value: float | str | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:.3f}".rstrip("0").rstrip(".").replace("-", "−")


def check_row(check: Check) -> dict[str, Any]:
    """One check as the table shows it: name, asked, measured, how, whether it passed."""
    unit = f" {check.unit}" if check.unit else ""
    asked = f"{_SIGNS[check.relation]}{_number(check.asked)}{unit}"
    if check.tolerance and check.relation is Relation.WITHIN:
        asked += f" ± {_number(check.tolerance)}"
    measured = f"{_number(check.measured)}{unit if check.measured is not None else ''}"
    name = _NAMES.get(check.name, check.name.replace("_", " "))
    return {"name": name, "asked": asked, "measured": measured, "how": check.how, "note": check.note, "passed": check.passed}


def _shown(value: Any) -> str:
    """A value of the brief in plain words."""
    if isinstance(value, dict):
        return "; ".join(f"{label}: {' '.join(bars)}" for label, bars in value.items()) or "–"
    if isinstance(value, (tuple, list)):
        words = [f"{v.label} {v.bars}" if hasattr(v, "label") and v.bars else getattr(v, "label", str(v)) for v in value]
        return ", ".join(str(word).replace("_", " ") for word in words) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value) or "–"


def brief_rows(brief: Brief) -> list[dict[str, Any]]:
    """The fields of the brief with their source and the words or reason behind them."""
    rows = []
    for name in type(brief).model_fields:
        field = getattr(brief, name)
        if not hasattr(field, "is_stated"):
            continue
        because = f"“{field.evidence}”" if field.evidence else field.reason or ""
        title = {"tempo_bpm": "tempo (bpm)", "duration_s": "duration (s)"}.get(name, name.replace("_", " "))
        rows.append({"name": title, "value": _shown(field.value), "stated": field.is_stated, "because": because})
    return rows


def again(context: Context) -> str:
    """The command that makes this song again."""
    options = context.request.options
    words = ["houseband", "make", context.request.prompt, "--seed", str(context.seed)]
    flags = {
        "--duration": options.duration_s, "--bpm": options.bpm, "--key": options.key, "--meter": options.meter, "--genre": options.genre,
        "--chords": options.chords, "--structure": options.structure, "--energy": options.energy, "--valence": options.valence,
    }  # fmt: skip
    for flag, value in flags.items():
        words += [flag, f"{value:g}" if isinstance(value, float) else str(value)] if value is not None else []
    for mood in options.moods:
        words += ["--mood", mood]
    listed = (
        ("--instruments", options.instruments),
        ("--without", options.without),
        ("--formats", options.formats),
        ("--editions", options.editions),
    )
    for flag, ids in listed:
        words += [flag, ",".join(ids)] if ids else []
    for flag, number, usual in (("--target-lufs", options.target_lufs, -14.0), ("--ceiling", options.ceiling_dbtp, -1.0)):
        words += [flag, str(number) if isinstance(number, str) else f"{number:g}"] if number != usual else []
    for flag, choice, usual_choice in (
        ("--ending", options.ending, None),
        ("--resize", options.resize, None),
        ("--midi-as", options.midi_as, "auto"),
    ):
        words += [flag, str(choice)] if choice != usual_choice else []
    request = context.request
    brought = (
        ("--reference", request.reference),
        ("--midi", request.midi),
        ("--hum", request.hum),
        ("--image", request.image),
        ("--base", request.base),
        ("--cover", request.cover),
    )
    for flag, file in brought:
        words += [flag, PurePosixPath(file.key).name] if file is not None else []
    words += ["--taps", ",".join(f"{time_s:g}" for time_s in request.taps)] if request.taps else []
    words += ["--lyrics", "FILE"] if request.lyrics else []
    return shlex.join(words)


def _stems(findings: Findings, score: Score) -> list[dict[str, Any]]:
    loudest = max((stem.peak for stem in findings.heard.stems.values()), default=1.0)
    rows = []
    for name, stem in findings.heard.stems.items():
        part = score.parts.get(name)
        what = f"{part.instrument.replace('_', ' ')}, {part.role.value}" if part else "shared effect"
        rows.append({"id": name, "name": name.replace("_", " "), "what": what, "picture": Markup(pictures.outline(stem.outline, loudest))})  # noqa: S704  # our own numbers
    return rows


def further_rows(report: Report, context: Context) -> list[dict[str, Any]]:
    """Formats and editions: the file, what was measured of it, whether a browser plays it; and what could not be made."""
    settings = context.mastering.settings if context.mastering else {}
    rows = []
    for name, facts in settings.get("formats", {}).items():
        quieter = f", {-facts['gain_db']:.2f} dB quieter as its peaks ask" if facts["gain_db"] else ""
        rows.append({"name": name, "what": f"{facts['true_peak_dbtp']:.2f} dBTP{quieter}", "sounds": True})
    for edition, facts in settings.get("editions", {}).items():
        if "not_made" in facts:
            rows.append({"name": edition.replace("_", " "), "what": f"not made: {facts['not_made']}", "sounds": False})
            continue
        what = f"{len(facts['files'])} files" if "files" in facts else _edition_words(facts)
        rows.append({"name": edition_file(edition), "what": what, "sounds": "files" not in facts})
    megabytes = {name: entry["bytes"] / 1e6 for name, entry in report.files.items()}
    return [{**row, "size": f"{megabytes[row['name']]:.1f} MB" if row["name"] in megabytes else ""} for row in rows]


def _edition_words(facts: dict[str, Any]) -> str:
    """Length, loudness and bars of an edition."""
    words = [f"{facts['seconds']:.2f} s"]
    if facts.get("loudness_lufs") is not None:
        words.append(f"{facts['loudness_lufs']:.1f} LUFS")
    if facts.get("bars"):
        words.append("bars " + ", ".join(f"{first}–{last}" for first, last in facts["bars"]))
    words += [str(facts["note"])] if facts.get("note") else []
    return ", ".join(words)


def _pictures(findings: Findings, score: Score, report: Report, context: Context) -> list[dict[str, Any]]:
    heard = findings.heard
    measured = next((c.measured for c in report.checks if c.name == "loudness"), None)
    lufs = measured if isinstance(measured, float) else -70.0
    drawn = (
        ("The song and its sections", pictures.waveform(heard, score), "The darker a section, the more energy was planned for it."),
        ("Who plays when", pictures.arrangement(score, heard.duration_s), "Every note of every part, as in song.mid."),
        (
            "Loudness",
            pictures.loudness(heard, score, context.technical.target_lufs, lufs),
            "Strong: short-term (3 s). Faint: momentary (0.4 s). Dashed: the target for the whole song.",
        ),
        ("Spectrogram", pictures.spectrogram(heard), "Low notes below, highs above; drawn with a tilt of 3 dB per octave."),
        (
            "Tone",
            pictures.spectrum(heard),
            "Level per third octave in dB. Shaded: ± 3 dB around the mean of 12,345 released tracks (Elowsson & Friberg 2017).",
        ),
    )
    return [{"title": title, "svg": Markup(shape), "caption": text} for title, shape, text in drawn]  # noqa: S704  # texts are escaped in svg.label


def _facts(score: Score, findings: Findings) -> list[str]:
    """The line under the title."""
    return [score.genre.replace("_", " "), score.key, f"{score.tempo_bpm:g} bpm", score.meter, pictures.clock(findings.heard.duration_s)]


def _environment() -> jinja2.Environment:
    loader = jinja2.PackageLoader("services.qa")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


def render_page(report: Report, context: Context, score: Score, findings: Findings) -> bytes:
    """The page as UTF-8 HTML. Every text that came from outside is escaped."""
    brief = context.ideation.brief if context.ideation else None
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=score.title or (brief.title if brief else "") or "A song",
            report=report,
            facts=_facts(score, findings),
            mp3=any(name == "master.mp3" for name in report.files),
            rows=[check_row(check) for check in report.checks],
            pictures=_pictures(findings, score, report, context),
            brief=brief,
            brief_rows=brief_rows(brief) if brief else [],
            decisions=context.ai_decisions,
            stems=_stems(findings, score),
            further=further_rows(report, context),
            cover=next((name for name in report.files if name.startswith("cover.")), None),
            again=again(context),
            job=context.job_id,
        )
    )
    return page.encode()
