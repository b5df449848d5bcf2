"""A theory analysis as a musician reads it: rows of (name, value, remark), numbered by bars."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from contracts.theory import KeyArea, Motif, ReadChord, Theory

Row = tuple[str, str, str]
_MOST = 6
_MOST_CHORDS = 14
_BLOCKS = "▁▂▃▄▅▆▇█"
_CELLS = 40


def theory_rows(theory: Theory) -> list[Row]:
    """What was read, in the order in which one would tell it."""
    parts = (_frame, _keys, _form, _harmony, _cadences, _voices, _rhythm, _scales, _motifs, _phrases, _notes)
    return [row for part in parts for row in part(theory)]


def _sure(confidence: float) -> str:
    word = "sure" if confidence >= 0.75 else "likely" if confidence >= 0.5 else "a guess"
    return f"{word} ({confidence:.0%})"


def _frame(theory: Theory) -> Iterator[Row]:
    read_from = (
        "a score: its own chords and sections" if theory.source == "score" else "a MIDI file: chords and form were found in its notes"
    )
    tempo = f", {theory.tempo_bpm:g} bpm" if theory.tempo_bpm else ""
    yield "length", f"{theory.bars} bars of {theory.meter}{tempo}", f"read from {read_from}"
    yield "key", theory.key or "nothing has a pitch", _sure(theory.key_confidence) if theory.key else ""


def _keys(theory: Theory) -> Iterator[Row]:
    if len(theory.keys) > 1:
        for area in theory.keys:
            yield f"  bar {area.bar}", f"{area.key}, {area.bars} bars", f"{area.relation}{_entry(area)}"


def _entry(area: KeyArea) -> str:
    if area.pivot:
        return f"; pivot {area.pivot.symbol} in bar {area.pivot.bar}: {area.pivot.roman_before} = {area.pivot.roman_after}"
    return "; entered directly" if area.entry == "direct" else ""


def _form(theory: Theory) -> Iterator[Row]:
    sources = {"score": "the score's own sections", "markers": "by the file's markers", "repetition": "by what changes and comes back"}
    yield "form", f"{theory.form.letters}  {theory.form.kind}", sources[theory.form.source]
    for section in theory.form.sections:
        inside = _in_bars(theory.chords, section.bar, section.bar + section.bars)
        name = f"  {section.letter} {section.label}".rstrip()
        yield name, f"bars {section.bar}–{section.bar + section.bars - 1}  {_numerals(inside)}", _symbols(inside)


def _in_bars(chords: Sequence[ReadChord], first: int, end: int) -> list[ReadChord]:
    """Chords from a bar to before another, with the one that sounds on from before."""
    held = [c for c in chords if c.bar < first][-1:]
    inside = [c for c in chords if first <= c.bar < end]
    return inside if inside and (inside[0].bar, inside[0].beat) == (first, 1.0) else [*held, *inside]


def _loop(chords: Sequence[ReadChord]) -> tuple[list[ReadChord], int]:
    """The shortest beginning whose repetition makes the whole, and how often it goes round."""
    for length in range(1, len(chords) // 2 + 1):
        if all(chord.symbol == chords[i % length].symbol for i, chord in enumerate(chords)):
            return list(chords[:length]), len(chords) // length
    return list(chords), 1


def _numerals(chords: Sequence[ReadChord]) -> str:
    loop, times = _loop(chords)
    rest = " …" if len(loop) > _MOST_CHORDS else ""
    return " ".join(c.roman for c in loop[:_MOST_CHORDS]) + rest + (f"  ×{times}" if times > 1 else "")


def _symbols(chords: Sequence[ReadChord]) -> str:
    loop, _ = _loop(chords)
    return " ".join(c.symbol for c in loop[:_MOST_CHORDS]) + (" …" if len(loop) > _MOST_CHORDS else "")


def _harmony(theory: Theory) -> Iterator[Row]:
    if not theory.chords:
        return
    yield "functions", ", ".join(f"{name} {share:.0%}" for name, share in theory.functions.items()), "share of time"
    yield "chords are", ", ".join(f"{name} {share:.0%}" for name, share in theory.origins.items()), _foreign(theory.chords)
    if theory.harmonic_rhythm is not None:
        yield "harmony moves", f"{theory.harmonic_rhythm:.1f} changes per bar", ""


def _foreign(chords: Sequence[ReadChord]) -> str:
    """The chords that are not the key's own, most frequent first."""
    counted = Counter(f"{c.roman} ({c.symbol})" for c in chords if c.origin not in ("diatonic",))
    return ", ".join(name for name, _ in counted.most_common(_MOST))


def _cadences(theory: Theory) -> Iterator[Row]:
    ordered = sorted(theory.cadences, key=lambda c: (c.kind, c.strength))
    for (kind, strength), group in groupby(ordered, key=lambda c: (c.kind, c.strength)):
        found = list(group)
        where = ", ".join(str(c.bar) for c in found[:10]) + (" …" if len(found) > 10 else "")
        first = found[0]
        yield (
            f"{strength} {kind}".strip(),
            f"{len(found)}×, bar {where}",
            f"such as {first.romans[0]} – {first.romans[1]} ({first.chords[0]} {first.chords[1]})",
        )


def _voices(theory: Theory) -> Iterator[Row]:
    found = theory.voice_leading
    if found:
        played = f"{found.played_semitones:.1f} semitones per change, " if found.played_semitones is not None else ""
        remark = f"{found.common_tones:.1f} notes stay" + (f"; {found.parallels} parallel fifths or octaves" if found.parallels else "")
        yield "voice leading", f"{played}{found.least_semitones:.1f} at least", remark


def _rhythm(theory: Theory) -> Iterator[Row]:
    for item in sorted(theory.syncopation, key=lambda s: -s.lhl_per_bar)[:_MOST]:
        remark = f"Longuet-Higgins & Lee; {item.share:.0%} of its notes, metric complexity {item.complexity_per_bar:.1f}"
        yield f"syncopation {item.part}", f"{item.lhl_per_bar:.1f} per bar", remark
    for cross in theory.cross_rhythms[:_MOST]:
        yield f"cross-rhythm {cross.ratio}", f"{cross.parts[0]} against {cross.parts[1]}", f"from bar {cross.bar}, {cross.cycles} cycles"
    for density in theory.density:
        yield f"density {density.part}", f"{density.notes_per_bar:.1f} per bar, {density.notes_per_s:.1f}/s", _curve(density.curve)
    if theory.metre and theory.metre.levels:
        strongest = max((level for level in theory.metre.levels if level.beats > 1), key=lambda level: level.autocorrelation, default=None)
        levels = "  ".join(f"{level.name} {level.autocorrelation:.2f}" for level in theory.metre.levels)
        told = f"strongest: {strongest.name}; " if strongest else ""
        yield "pulses", levels, f"{told}autocorrelation of accents"
        yield (
            "weight in the bar",
            _curve([round(100 * v) for v in theory.metre.profile]),
            f"inner metric weight; {theory.metre.coherence:.2f} like {theory.metre.written}",
        )


def _curve(values: Sequence[int]) -> str:
    """Numbers as blocks, the largest of each stretch."""
    if not values or not max(values):
        return ""
    width = min(_CELLS, len(values))
    edges = [round(i * len(values) / width) for i in range(width + 1)]
    cells = [max(values[a:b]) for a, b in pairwise(edges)]
    return "".join(_BLOCKS[min(7, int(8 * v / (max(values) + 1e-9)))] if v else "·" for v in cells)


def _scales(theory: Theory) -> Iterator[Row]:
    for use in theory.scales:
        name = "scale" if use.part == "all" else f"scale {use.part}"
        yield name, f"{use.tonic} {use.scale}", f"{' '.join(use.classes)}; holds {use.coverage:.0%}"


def _motifs(theory: Theory) -> Iterator[Row]:
    for motif in theory.motifs:
        rhythm = " ".join(f"{beats:g}" for beats in motif.rhythm)
        yield f"motif {motif.name} ({motif.part})", f"{' '.join(motif.pitches)}  | {rhythm}", _uses(motif)


def _uses(motif: Motif) -> str:
    """Where it comes back, by how it is changed."""
    told = []
    for relation in dict.fromkeys(use.relation for use in motif.uses):
        bars = [str(use.bar) for use in motif.uses if use.relation == relation]
        told.append(f"{relation} {', '.join(bars[:8])}{' …' if len(bars) > 8 else ''}")
    return "bars: " + "; ".join(told)


def _phrases(theory: Theory) -> Iterator[Row]:
    if theory.phrases:
        lengths = Counter(phrase.bars for phrase in theory.phrases).most_common(3)
        letters = " ".join(phrase.letter for phrase in theory.phrases[:32]) + (" …" if len(theory.phrases) > 32 else "")
        yield "phrases", letters, ", ".join(f"{count}× {bars} bars" for bars, count in lengths)
    for group in theory.groups[:_MOST]:
        yield (
            f"  {group.kind}",
            f"bars {group.bar}–{group.bar + group.bars - 1}",
            f"{' + '.join(map(str, group.parts))} bars, {_sure(group.confidence)}",
        )


def _notes(theory: Theory) -> Iterator[Row]:
    for note in theory.notes:
        yield "note", note, ""
