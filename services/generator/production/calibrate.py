"""Levels every sound: `python -m services.generator.production.calibrate [patch …]` writes calibration.toml and keys.toml.

With names only those patches are measured; the other rows stay as they are.

The reference: the calibration phrase at velocity 100 has −23 LUFS integrated (EBU R 128's programme level). The phrase is
four notes (root, third, fifth, octave) from the patch's reference pitch, one at a time; for drums two bars of kick,
snare and hats, for percussion of congas and shaker; for what has no pitch one long note. Needs the mixer's numba.
"""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contracts.music import PPQ, Note, Part, Role, Score, Section
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.engines import ENGINES, Choice, Task, candidates
from services.generator.production.intonation import chromatic, corrections, evenness, kinship, reach
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import Keys, Kit, Preset, Sampled, Sound, forget_calibration, sounds
from services.music.packs.instruments import instruments

REFERENCE_LUFS = -23.0
MEASURED_AT = (70, 100)
"""Velocities at which the levels of single keys are compared."""
PATH, KEYS_PATH = (Path(__file__).with_name(name) for name in ("calibration.toml", "keys.toml"))


def phrase(name: str, sound: Sound) -> Score:
    """The calibration phrase of a patch, at 120 BPM."""
    if isinstance(sound, Kit) or name.startswith(("kit_", "percussion")):
        hands = (63, 62, 64, 62) if name.startswith("percussion") else (36, 38, 36, 38)
        ticker = 70 if name.startswith("percussion") else 42
        notes = [Note(beat * PPQ, PPQ // 4, hands[beat % 4], 100) for beat in range(8)]
        notes += [Note(eighth * PPQ // 2, PPQ // 4, ticker, 100) for eighth in range(16)]
        return _score(Part(role=Role.DRUMS, instrument="drum_kit", patch=name, notes=tuple(notes)))
    length_s = getattr(sound, "reference_s", 0.5)
    ticks = round(length_s * 2 * PPQ)
    steps = (0, 4, 7, 12) if getattr(sound, "pitched", True) else (0,)
    notes = [Note(index * ticks, ticks - 120, sound.reference_pitch + step, 100) for index, step in enumerate(steps)]
    return _score(Part(role=Role.MELODY, instrument="synthesizer", patch=name, notes=tuple(notes)))


def _score(part: Part) -> Score:
    bars = part.notes[-1].end // (4 * PPQ) + 1
    section = Section(label="phrase", start_bar=1, bars=bars, energy=0.5, key="C major")
    return Score(tempo_bpm=120.0, sections={"phrase_1": section}, parts={"phrase": part}, tail_s=1.0)


def play_raw(choice: Choice, score: Score, shelf: Shelf) -> Floats:
    """The phrase as an engine plays it, without any trim."""
    return ENGINES[choice.engine].render(Task(score, "phrase", score.parts["phrase"], choice, shelf, Clock(score)))


def all_choices(shelf: Shelf) -> list[Choice]:
    """Every way in which every patch can be played here."""
    choices = []
    for name, sound in sorted(sounds().items()):
        if isinstance(sound, Sampled):
            for preset in candidates(sound):
                players = ["fluidsynth"] + ["tinysoundfont"] * (preset.soundfont != "MuseScore_General")
                choices += [Choice(player, name, preset.label, preset) for player in players if preset.soundfont in shelf.fonts]
        else:
            choices.append(Choice("drum_machine" if isinstance(sound, Kit) else "faust", name, name))
    return choices


def measure_lufs(audio: Floats) -> float:
    """Integrated loudness of a phrase."""
    from services.music.audio.loudness import integrated_lufs

    return float(integrated_lufs(audio, SAMPLE_RATE_HZ))


def _keys(shelf: Shelf, only: frozenset[str]) -> dict[str, Keys]:
    """The keys of every preset that a patch, or one of its articulations, may take, over its instrument's range; none in `only`: of all."""
    found: dict[str, Keys] = {}
    for row in instruments().values():
        for name, sound in row.sound.patches.items():
            if row.is_drums or (only and name not in only):
                continue
            extra = [one for rule in (sound.staccato, sound.accent) if rule for one in rule.presets]
            for preset in (*candidates(sound), *extra):
                if preset.soundfont in shelf.fonts:
                    measured = _measured(sound, preset, reach(*row.range), shelf)
                    found[preset.label] = joined(found[preset.label], measured) if preset.label in found else measured
    return found


def _measured(sound: Sampled, preset: Preset, keys: range, shelf: Shelf) -> Keys:
    scales = [chromatic(sound, preset, keys, velocity, shelf) for velocity in MEASURED_AT]
    cents = corrections(scales[-1], keys) if sound.corrected else [0] * len(keys)
    return Keys(first=keys[0], cents=tuple(cents), level_db=tuple(evenness(scales, keys)), kin=kinship(scales[-1], keys))


def joined(one: Keys, other: Keys) -> Keys:
    """Two measurements of a preset, by instruments of different ranges: the wider one, filled up by the other."""
    low, high = min(one.first, other.first), max(one.first + len(one.kin), other.first + len(other.kin))
    wide, more = (one, other) if len(one.kin) >= len(other.kin) else (other, one)
    of = {key: wide if 0 <= key - wide.first < len(wide.kin) else more for key in range(low, high)}
    return Keys(
        first=low,
        cents=tuple(of[key].tune(key) for key in of),
        level_db=tuple(of[key].level(key) for key in of),
        kin="".join(str(of[key].alike(key)) for key in of),
    )


def main(names: Sequence[str] = ()) -> None:
    """Measure everything that can be played here, or the named patches, and write the table: first the keys, then the trims."""
    shelf, only = find_soundfonts(), frozenset(names)
    table = tomllib.loads(PATH.read_text("utf-8")) if only else {}
    known = {source: Keys.model_validate(row) for source, row in tomllib.loads(KEYS_PATH.read_text("utf-8")).items()} if only else {}
    _write_keys(known | _keys(shelf, only))
    forget_calibration()
    for choice in all_choices(shelf):
        if only and choice.patch not in only:
            continue
        loudness = measure_lufs(play_raw(choice, phrase(choice.patch, sounds()[choice.patch]), shelf))
        if np.isfinite(loudness):
            trims = table.setdefault(choice.engine, {}).setdefault(choice.patch, {})
            trims[choice.source] = round(REFERENCE_LUFS - loudness, 2)
    _write(table)


def _write(table: dict[str, dict[str, dict[str, float]]]) -> None:
    lines = ["# Written by `python -m services.generator.production.calibrate`: gain in dB that brings each sound to -23 LUFS."]
    for engine, patches in sorted(table.items()):
        for patch, sources in sorted(patches.items()):
            lines += ["", f"[{engine}.{patch}]", *(f'"{source}" = {trim}' for source, trim in sorted(sources.items()))]
    PATH.write_text("\n".join(lines) + "\n", "utf-8")


def _write_keys(found: dict[str, Keys]) -> None:
    lines = ["# Written by `python -m services.generator.production.calibrate`: what single keys of the presets need (sounds.Keys)."]
    for source, keys in sorted(found.items()):
        numbers = [f"{name} = [{', '.join(f'{v:g}' for v in row)}]" for name, row in (("cents", keys.cents), ("level_db", keys.level_db))]
        lines += ["", f'["{source}"]', f"first = {keys.first}", *numbers, f'kin = "{keys.kin}"']
    KEYS_PATH.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
