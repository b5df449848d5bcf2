"""The fields of theory and time: tempo, key, meter, duration, structure, chords."""

from dataclasses import replace

from contracts.brief import SectionPlan, Source, Stated
from contracts.errors import BadInput
from contracts.music import Key, Meter
from services.enhancer.reading.brought_fields import (
    brought_duration,
    brought_key,
    brought_meter,
    brought_tempo,
    is_song,
    lyrics_structure,
)
from services.enhancer.reading.case import Case
from services.enhancer.reading.chords import key_of_chords, resolved
from services.enhancer.reading.durations import DEFAULT_S, LONGEST_S, SHORTEST_S
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.heard_chords import heard_chords
from services.enhancer.reading.heard_fields import heard_key, heard_meter, heard_tempo
from services.enhancer.reading.heard_form import heard_duration, heard_form
from services.enhancer.reading.inference import Range, guess_key, guess_mode, guess_tempo, mood_range
from services.enhancer.reading.moments import placed
from services.enhancer.reading.seen_fields import seen_mode, seen_tempo
from services.enhancer.reading.structure import Plan, form_of_labels, grant
from services.music.packs.genres import genres
from services.music.rng import rng

_TAIL_S = 2.0
_COMPOUND = 2 / 3
_MOST_TURNS = 64


def meter_field(case: Case, genre_id: str) -> Stated[str]:
    """Option, prompt, reference, then the style's own."""
    if case.given.meter:
        return case.given.meter.stated()
    if case.words.meter:
        return case.words.meter.stated()
    brought = brought_meter(case)
    if brought:
        return brought.stated()
    heard = heard_meter(case, genre_id)
    if heard:
        return heard.stated()
    if case.artist and case.artist.meter and not case.words.styles.genres:
        return inferred(case.artist.meter, f"{case.artist.called} moves in {case.artist.meter}", 0.8).stated()
    meter = genres()[genre_id].identity.meters[0]
    return inferred(meter, f"{genres()[genre_id].name.lower()} usually moves in {meter}", 0.8).stated()


def tempo_field(case: Case, genre_id: str, mood_ids: tuple[str, ...], meter: str) -> Stated[float]:
    """Stated tempo, then a metronome marking, then the reference, then genre and mood (in that order)."""
    style = _felt(case.style_range(genre_id), meter)
    stated = case.given.tempo or case.words.tempo or brought_tempo(case)
    word = case.words.tempo_word
    if stated:
        _tempo_note(case, stated.value, style)
        return stated.stated()
    if word and word.share is None:
        draw = rng(case.seed, "ideation", "tempo")
        bpm = float(round(draw.uniform(*_clamped(word.low_bpm, word.high_bpm, style))))
        return Finding(bpm, word.evidence, 0.85, f"{word.evidence} is {word.low_bpm:g}–{word.high_bpm:g} BPM").stated()
    found = heard_tempo(case, style) or seen_tempo(case, style)
    if found:
        return found.stated()
    feeling = mood_range(mood_ids)
    feeling = _felt(feeling, meter) if feeling else None
    guess = guess_tempo(style, feeling, word.share if word else None, word.evidence if word else None, case.seed)
    if guess.conflict:
        case.note(guess.conflict[0].upper() + guess.conflict[1:])
    reason = guess.reason + (f", leaning with {case.taste.why('tempo', 'tempo')}" if case.taste.shift("tempo") else "")
    return inferred(min(max(guess.bpm, 30.0), 300.0), reason, 0.6, word.evidence if word else None).stated()


def _tempo_note(case: Case, bpm: float, style: Range) -> None:
    """Say so where a stated tempo is not one of the style's, or only when counted double or half."""
    fits = [felt for felt in (1.0, 0.5, 2.0) if style.low * 0.85 <= bpm * felt <= style.high * 1.15]
    if not fits:
        case.note(f"{bpm:g} BPM lies outside {style.text()} BPM; the stated tempo is obeyed.")
    elif fits[0] != 1.0:
        count = "twice" if fits[0] == 0.5 else "half"
        case.note(f"{bpm:g} BPM is {count} what {style.text()} BPM would count; the stated tempo is obeyed.")


def _clamped(low: float, high: float, style: Range) -> tuple[float, float]:
    """The part of a marking's range that the style shares, or the whole marking."""
    inside = (max(low, style.low), min(high, style.high))
    return inside if inside[0] <= inside[1] else (low, high)


def _felt(found: Range, meter: str) -> Range:
    """Ranges are thought in quarters; 6/8 counts dotted quarters, so its felt beat is slower by a third."""
    if not Meter.parse(meter).is_compound:
        return found
    return Range(found.low * _COMPOUND, found.typical * _COMPOUND, found.high * _COMPOUND, found.owner)


def key_field(case: Case, genre_id: str, mood_ids: tuple[str, ...], valence: float) -> Stated[str]:
    """Option, prompt, the chords' home, the reference, then mood and style."""
    if case.given.key:
        return case.given.key.stated()
    if case.words.key.key:
        return case.words.key.key.stated()
    forced = case.words.key.mode
    chords = case.given.chords or case.words.chords
    if chords and not chords.is_roman:
        found = key_of_chords(chords, forced.value if forced else None)
        return inferred(found.value, found.reason or "", found.confidence).stated()
    brought = brought_key(case)
    if brought and not forced:
        return brought.stated()
    heard = heard_key(case, forced.value if forced else None) if not chords else None
    if heard:
        return heard.stated()
    seen = seen_mode(case, case.minor_share(genre_id))
    mode, why = seen or guess_mode(case.minor_share(genre_id), mood_ids, valence, case.seed)
    why += f", leaning with {case.taste.why('mode', mode)}" if case.taste.minor_shift() and not seen else ""
    if chords:
        mode, why = (
            ("minor", "the numerals speak of a minor key") if chords.minor_hint else ("major", "the numerals count from a major tonic")
        )
        forced = None
    key = guess_key(genre_id, mood_ids, mode, forced.value if forced else None, case.seed)
    if forced:
        return inferred(key, f"{forced.value} was asked for; the tonic suits style and mood", 0.7, forced.evidence).stated()
    return inferred(key, why, 0.5).stated()


def chords_field(case: Case, key: str, genre_id: str) -> Stated[dict[str, tuple[str, ...]]]:
    """The stated progressions as letters, in the key of the song; those of a reference where the words ask for them."""
    chords = case.given.chords or case.words.chords
    if not chords:
        heard = heard_chords(case, key, genre_id)
        if heard:
            return heard
        return inferred(dict[str, tuple[str, ...]](), "no chords were given; the composer writes them", 0.5).stated()
    value = resolved(chords, Key.parse(key))
    reason = f"numerals read in {key}" if chords.is_roman else None
    evidence = f"chords={chords.evidence}" if case.given.chords else chords.evidence
    return Finding(value, evidence, 1.0, reason).stated()


def structure_field(case: Case, genre_id: str, tempo_bpm: float, meter: str, duration_s: float | None) -> Stated[tuple[SectionPlan, ...]]:
    """The stated form; with single wishes the style's own form that grants them; else the composer's choice."""
    stated = case.given.structure or case.words.structure
    bar_s = Meter.parse(meter).bar_seconds(tempo_bpm)
    moments = case.words.moments
    if stated and not case.given.structure and moments:
        return replace(stated, value=placed(stated.value, moments, bar_s)).stated()
    if stated:
        return stated.stated()
    sung = lyrics_structure(case, tempo_bpm, meter, duration_s)
    if sung:
        return sung
    wishes = case.words.wishes
    bars = (duration_s or DEFAULT_S) / bar_s
    if wishes or moments:
        plan = placed(grant(wishes.beside(moments.labels), genre_id, bars), moments, bar_s)
        said = "; ".join(dict.fromkeys(filter(None, (wishes.evidence, *moments.evidence))))
        return Finding(plan, said, 0.8, "the form of the style, with what was wished for").stated()
    chords = case.given.chords or case.words.chords
    labels = [label for label in chords.bars if label != "all"] if chords else []
    if chords and labels:
        plan = form_of_labels(labels, genre_id, bars)
        return inferred(plan, f"chords were given for {' and '.join(labels)}", 0.7, chords.evidence).stated()
    heard = heard_form(case, genre_id, tempo_bpm, meter, duration_s) if not is_song(case.brought) else None
    if heard:
        return heard
    return inferred(tuple[SectionPlan, ...](), "no form was given; the composer chooses one of the style", 0.5).stated()


def duration_field(case: Case, structure: Stated[Plan], tempo_bpm: float, meter: str, genre_id: str) -> Stated[float]:
    """Option, prompt, the bars of a stated structure, the reference, then two minutes. Bars too many raise BadInput."""
    total = _stated_bars(case, structure)
    seconds = total * Meter.parse(meter).bar_seconds(tempo_bpm) + _TAIL_S
    if total and seconds > LONGEST_S:
        raise BadInput("structure", f"{total} bars = {seconds:.0f} s at {tempo_bpm:g} BPM", f"at most {LONGEST_S:g} seconds")
    if case.given.duration:
        return case.given.duration.stated()
    if case.words.duration:
        return case.words.duration.stated()
    if counted := counted_duration(case, tempo_bpm, meter):
        return counted.stated()
    brought = brought_duration(case, tempo_bpm, meter)
    if brought:
        return brought.stated()
    if total:
        return inferred(round(max(seconds, SHORTEST_S), 2), f"{total} bars at {tempo_bpm:g} BPM, and the last sound's tail", 0.9).stated()
    long = heard_duration(structure, tempo_bpm, meter, genres()[genre_id].form)
    if long is not None:
        seconds = round(min(max(long, SHORTEST_S), LONGEST_S), 2)
        return inferred(seconds, f"the form of the reference at {tempo_bpm:g} BPM", structure.confidence).stated()
    heard = case.features.duration_s if case.features else 0.0
    if 20 <= heard <= LONGEST_S:
        return inferred(round(heard, 2), "the length of the reference", 0.6).stated()
    octaves = case.taste.shift("duration")
    if abs(octaves) > 0.1:
        liked = float(round(min(max(DEFAULT_S * 2**octaves, SHORTEST_S), LONGEST_S)))
        return inferred(liked, f"no length was given; {case.taste.why('duration', 'duration')}", 0.4).stated()
    return inferred(DEFAULT_S, "two minutes, since no length was given", 0.5).stated()


def counted_duration(case: Case, tempo_bpm: float, meter: str) -> Finding[float] | None:
    """The length that words state in bars, in seconds; inferred where nobody said how fast.

    A loop that is too short to be a song goes round as often as it takes; a note tells.

    Raises:
        BadInput: more bars than 600 seconds hold.
    """
    said = case.words.bars
    if said is None:
        return None
    bar_s = Meter.parse(meter).bar_seconds(tempo_bpm)
    seconds = said.value * bar_s
    if seconds > LONGEST_S:
        raise BadInput("duration_s", f"{said.value} bars = {seconds:.0f} s", f"at most {LONGEST_S:g} seconds")
    turns = next((n for n in range(1, _MOST_TURNS) if n * seconds >= SHORTEST_S), _MOST_TURNS)
    reason = f"{said.value} bars last {seconds:.2f} s"
    if turns > 1:
        case.note(f"'{said.evidence}' lasts {seconds:.1f} s; a song lasts at least {SHORTEST_S:g} s, so it goes round {turns} times.")
        reason += f", {turns} times"
    source = Source.STATED if case.given.tempo or case.words.tempo or brought_tempo(case) else Source.INFERRED
    return Finding(round(max(seconds * turns, SHORTEST_S), 2), said.evidence, said.confidence, reason, source)


def agreed(
    case: Case, structure: Stated[Plan], duration: Stated[float], tempo_bpm: float, meter: str
) -> tuple[Stated[Plan], Stated[float]]:
    """Structure and duration where both are stated and contradict each other by more than a bar.

    An option wins over words: bars that only words state are left open where an option says how long. Else the structure wins and
    the duration follows it. Both as options raise BadInput.
    """
    if not (structure.is_stated and duration.is_stated and (case.given.structure or case.words.structure)):
        return structure, duration
    bar_s = Meter.parse(meter).bar_seconds(tempo_bpm)
    bars = [section.bars for section in structure.value]
    seconds = sum(n or 1 for n in bars) * bar_s
    short = all(bars) and seconds + bar_s + _TAIL_S < duration.value
    if seconds <= duration.value + bar_s / 2 and not short:
        return structure, duration
    held = f"{sum(n or 1 for n in bars)} bars last {seconds:.1f} s at {tempo_bpm:g} BPM in {meter}"
    if case.given.structure and case.given.duration:
        allowed = f"about {seconds + _TAIL_S:.0f} s beside this structure, whose {held}, or a structure whose bars are left out"
        raise BadInput("duration_s", f"{duration.value:g}", allowed)
    if case.given.duration:
        case.note(f"The sections' {held}; {duration.value:g} s were asked for as an option, so their lengths are left open.")
        room = max(1, int(duration.value / bar_s))
        open_ = tuple(SectionPlan(label=section.label) for section in structure.value)[:room]
        return structure.model_copy(update={"value": open_}), duration
    case.note(f"The sections' {held}, not the {duration.value:g} s that were asked for: the structure is obeyed.")
    value = round(min(max(seconds + _TAIL_S, SHORTEST_S), LONGEST_S), 2)
    return structure, inferred(value, f"the stated sections' {held}, and the last sound's tail", 0.9).stated()


def _stated_bars(case: Case, structure: Stated[Plan]) -> int:
    """Bars of a form whose every section says how many; 0 for any other."""
    bars = [section.bars for section in structure.value]
    return sum(n or 0 for n in bars) if (structure.is_stated or case.stanzas) and all(bars) else 0
