"""What a clause states of the whole song: tempo, key, ending, chords, feel, mood."""

from collections.abc import Iterator

from contracts.edits import Edit, EndingEdit, EnergyEdit, FeelEdit, HarmonyEdit, KeyEdit, MoodEdit, OctaveEdit, TempoEdit
from contracts.errors import BadInput
from contracts.music import Key
from services.enhancer.instructing.amounts import BPM, INTERVAL, PERCENT
from services.enhancer.instructing.clause_facts import NONE, Facts, Turned
from services.enhancer.instructing.items import CHORDS, ENDING, KEY, MODE, TEMPO, Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DEGREE, DIRECTION, MARK, MARKING, ROLE, SECTION, VERB
from services.enhancer.reading.tables import table
from services.enhancer.reading.tempo import ALLOWED, HIGHEST_BPM, LOWEST_BPM
from services.enhancer.reading.vocabulary import MOOD
from services.music.packs.moods import moods

_LIKELY_BPM = (50, 220)
"""A number that is all that is said is a tempo within these."""
_TEMPO_STEP = {"small": 0.03, "": 0.08, "large": 0.15}
_SWING = {"small": 0.4, "": 0.7, "large": 1.0}
_LESS_SWING = 0.3
_LOOSE = {"small": 0.4, "": 0.6, "large": 0.85}
_TIGHT = {"small": 0.2, "": 0.1, "large": 0.0}
_ENERGY_STEP = {"small": 0.1, "": 0.2, "large": 0.35, "twice": 0.4, "half": 0.4}
_CALM, _LIVELY = 0.35, 0.75
_MOST_OCTAVES = 3
_PITCHED = ("high", "high+", "high-", "loud+", "loud-", "lows+")
"""What "up" and "down" may be called beside an interval: "un ton plus bas"."""


def tempo(facts: Facts) -> Iterator[Edit]:
    """A tempo, or so much faster or slower, of the song or of sections. Raises BadInput for one that cannot be."""
    now = facts.outline.tempo_bpm
    if facts.where.missing or facts.where.ranges or (facts.where.named and not facts.is_clear):
        return
    bpm = _tempo(facts, now)
    if bpm is None:
        return
    _use_speed(facts)
    sections = facts.where.sections
    facts.use(*(facts.where.read if sections else ()))
    if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
        raise BadInput("instruction", f"{bpm:g} bpm", ALLOWED)
    yield TempoEdit(bpm=bpm, sections=sections)


def _tempo(facts: Facts, now: float) -> float | None:
    for item in facts.of(TEMPO):
        facts.use(item)
        return float(item.value.value)
    if facts.who.named and not facts.who.all:
        return None
    alone = [item for item in facts.items if not item.is_idle]
    if len(alone) == 1 and alone[0].text.isdigit() and _LIKELY_BPM[0] <= int(alone[0].text) <= _LIKELY_BPM[1]:
        facts.use(alone[0])
        return float(alone[0].text)
    if amount := facts.amount(BPM):
        facts.use(*facts.of(BPM))
        return amount.value if amount.edge == "to" else now + amount.value
    fast, time, share = facts.turn("fast"), facts.turn("time"), facts.amount(PERCENT)
    if time and not facts.where.named:  # of a section it is a way of drumming
        facts.use(*time.items)
        return now * (2 if time.sign > 0 else 0.5)
    marking = next((item for item in facts.items if item.means(MARKING)), None)
    if marking and facts.is_clear:
        facts.use(marking)
        low, high = table("tempo_words")["markings"][marking.id(MARKING)]
        return float(round((low + high) / 2))
    if not fast or not facts.is_clear or fast.sign == NONE:
        return None
    facts.use(*fast.items, *(facts.of(PERCENT) if share else ()))
    if share:
        return float(round(now * (1 + fast.sign * abs(share.value) / 100)))
    return float(round(now * _factor(facts.degree, fast)))


def _factor(degree: str, fast: Turned) -> float:
    if degree in ("twice", "half"):
        doubles = (degree == "twice") == (fast.sign > 0 or fast.noun)
        return 2.0 if doubles else 0.5
    return 1 + fast.sign * _TEMPO_STEP[degree]


def _use_speed(facts: Facts) -> None:
    facts.use_where(lambda item: item.means(ATTRIBUTE, "fast", "fast+", "fast-") or item.means(DIRECTION) or item.means(DEGREE))
    facts.use_where(lambda item: item.means(VERB, "light", "play", "swap") or item.means(MARK, "into", "so", "same", "only"))
    facts.use_where(lambda item: item.text.lower() in ("drop", "cut", "pull", "lose", "take off"))  # so much of the tempo


def key(facts: Facts) -> Iterator[Edit]:
    """A key, another mode, or an interval for the song or sections; octaves for parts. Raises BadInput where it goes too far."""
    sections = facts.where.sections
    placed = facts.where.missing or facts.where.ranges or (facts.who.named and not facts.who.all and facts.where.named)
    for item in facts.of(KEY, MODE) if not placed else ():
        facts.use(item, *(facts.where.read if sections else ()))
        facts.use_where(lambda one: one.means(ATTRIBUTE, "high", "high+", "high-") or one.means(VERB, "light", "swap", "play"))
        facts.use_where(lambda one: one.means(MARK, "into", "into_first", "same", "only"))
        yield KeyEdit(key=item.value.value, sections=sections)
    if (change := facts.mark("modulation")) and sections and facts.is_clear and not (placed or facts.of(KEY, MODE, INTERVAL)):
        if not facts.mark("not") and not facts.verb("remove") and not facts.who.named:
            facts.use(change)
            facts.use_names()
            yield from _shifted(facts, 2 * (facts.direction or 1))
        return
    amount = facts.amount(INTERVAL)
    if amount is None:
        return
    steps = int(amount.value)
    dropped = (i for i in facts.items if i.means(ATTRIBUTE, *_PITCHED) or i.means(DIRECTION) or i.text.lower() in ("drop", "drops"))
    moved = (*facts.of(INTERVAL), *dropped)
    if steps % 12 == 0 and facts.is_clear and not facts.where.ranges:
        if abs(steps) > 12 * _MOST_OCTAVES:
            raise BadInput("instruction", facts.of(INTERVAL)[0].text, f"at most {_MOST_OCTAVES} octaves")
        facts.use(*moved)
        facts.use_names()
        yield OctaveEdit(parts=facts.parts, sections=facts.where.sections, octaves=steps // 12)
    elif (not facts.who.named or facts.who.all) and not placed and (facts.is_clear or not sections):
        facts.use(*moved, facts.mark("modulation"))
        facts.use_names()
        yield from _shifted(facts, steps)


def _shifted(facts: Facts, steps: int) -> Iterator[Edit]:
    """The song, or the sections that are named, so many semitones away from the keys that they are in."""
    sections = facts.where.sections
    keys: dict[str, list[str]] = {}
    for name in sections:
        keys.setdefault(facts.outline.sections[name].key or facts.outline.key, []).append(name)
    if not sections:
        yield KeyEdit(key=_moved(Key.parse(facts.outline.key), steps))
    for home, names in keys.items():
        yield KeyEdit(key=_moved(Key.parse(home), steps), sections=tuple(names))


def _moved(now: Key, steps: int) -> str:
    """The key so many semitones away, spelled with the fewer signs."""
    tonic = (now.tonic_class + steps) % 12
    names = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#" if now.is_minor else "Ab", "A", "Bb", "B")
    major = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    return str(Key((names if now.is_minor else major)[tonic], now.mode))


def ending(facts: Facts) -> Iterator[Edit]:
    """How it ends."""
    ring = facts.mark("ring")
    if ring and facts.is_clear and not facts.who.named and not facts.mark("not"):
        facts.use(ring)
        facts.use_where(lambda one: one.means(MARK, "end", "only") or one.means(VERB, "light") or one.means(SECTION, "outro"))
        yield EndingEdit(ending="natural")
        return
    if (stop := facts.mark("stop")) and facts.is_clear and not facts.who.named and not facts.of(ENDING):
        facts.use(stop)
        facts.use_where(lambda one: one.means(MARK, "end", "only", "not") or one.means(VERB, "light") or one.means(SECTION, "outro"))
        yield EndingEdit(ending="natural" if facts.mark("not") else "cut")
        return
    for item in facts.of(ENDING):
        gone = not facts.who.named and not facts.turned and item.value.value != "natural" and (facts.mark("not") or facts.verb("remove"))
        facts.use(item, facts.verb("remove") if gone else None)
        facts.use_where(lambda one: one.means(MARK, "end", "not", "only", "into") or one.means(VERB, "light", "add"))
        yield EndingEdit(ending="natural" if gone else item.value.value)
    loop = facts.mark("loop")
    if loop and facts.mark("end") and not facts.of(ENDING) and facts.is_clear and not facts.who.named and not facts.mark("not"):
        facts.use(loop)
        yield EndingEdit(ending="loop")
    fade = facts.mark("fade")
    if (
        fade
        and not facts.of(ENDING)
        and facts.is_clear
        and not facts.who.named
        and not facts.turned
        and (facts.mark("not", "end") or facts.verb("add", "remove"))
    ):
        refused = facts.mark("not") or facts.verb("remove")
        facts.use(fade, facts.verb("add", "remove"))
        facts.use_where(lambda one: one.means(MARK, "end", "not", "only", "into") or one.means(VERB, "light", "add", "remove"))
        yield EndingEdit(ending="natural" if refused else "fade")


def harmony(facts: Facts) -> Iterator[Edit]:
    """Chords as they are given, or new ones."""
    for item in facts.of(CHORDS):
        for label, bars in item.value.items():
            own = tuple(name for name, section in facts.outline.sections.items() if section.label == label)
            if label != "all" and not own:
                continue
            facts.use(item)
            _use_chords(facts)
            for sections, spot in [(own, None)] if own else facts.where.spots:
                yield HarmonyEdit(sections=sections, bars=spot, chords=tuple(bars))
        return
    verb = facts.verb("harmony")
    chords = next((item for item in facts.items if item.means(ROLE, "chords")), None)
    anew = facts.verb("rewrite", "swap") if chords else None
    if (verb or anew) and not facts.where.missing:
        facts.use(verb, anew, chords)
        _use_chords(facts)
        for sections, spot in facts.where.spots:
            yield HarmonyEdit(sections=sections, bars=spot)


def _use_chords(facts: Facts) -> None:
    facts.use(*facts.where.read)
    facts.use_where(lambda item: item.means(ROLE, "chords") or item.means(VERB, "harmony", "rewrite", "swap", "light", "play"))
    facts.use_where(lambda item: item.means(MARK, "into", "there", "only"))


def feel(facts: Facts) -> Iterator[Edit]:
    """Swing and looseness."""
    if facts.where.named or facts.who.missing:
        return
    for turned in facts.turned:
        degree = facts.degree if facts.degree in _SWING else ""
        less = any(item.means(DIRECTION, "-") for item in turned.items)
        if turned.name == "swing" and facts.degree not in ("half", "twice"):  # of how much is not known
            harder = facts.turn("big")
            facts.use(*(harder.items if harder else ()))
            degree = "large" if harder and harder.sign > 0 else degree
            swing = _SWING[degree] if turned.sign > 0 else _LESS_SWING if less else 0.0
            yield FeelEdit(swing=swing, parts=facts.parts)
        elif turned.name == "loose" and not facts.is_used(turned.items[0]) and turned.sign != NONE:
            yield FeelEdit(looseness=(_LOOSE if turned.sign > 0 else _TIGHT)[degree], parts=facts.parts)
        else:
            continue
        facts.use(*turned.items)
        facts.use_names()


def mood(facts: Facts) -> Iterator[Edit]:
    """Another mood for the song; a lively or a calm one for sections is their energy."""
    felt = [item for item in facts.items if item.means(MOOD) and not facts.is_used(item) and not _is_size(item, facts)]
    turned = any(item.means(MARK, "not", "too") or item.means(DIRECTION, "-") for item in facts.items)
    if facts.who.named or not facts.is_clear or turned:
        return
    for item in felt:
        found = moods()[item.id(MOOD)]
        if facts.where.sections:
            sign = 1 if found.energy >= _LIVELY else -1 if found.energy <= _CALM else 0
            if sign:
                facts.use(item)
                facts.use_names()
                yield EnergyEdit(sections=facts.where.sections, by=sign * _ENERGY_STEP[facts.degree])
            continue
        facts.use(item)
        facts.use_names()
        yield MoodEdit(mood=found.id, valence=found.valence, energy=found.energy)


def _is_size(item: Item, facts: Facts) -> bool:
    """Whether a word of feeling is one of size here: of a section, or where it is mostly that."""
    return item.means(ATTRIBUTE) and (facts.where.named or item.id(ATTRIBUTE).rstrip("+-") != "big")


def energy(facts: Facts) -> Iterator[Edit]:
    """Sections, or the song, bigger or smaller, busier or sparser."""
    if facts.who.named or not facts.is_clear or facts.where.ranges:
        return
    for turned in facts.turned:
        if turned.name in ("big", "busy") and turned.sign != NONE and not all(facts.is_used(item) for item in turned.items):
            facts.use(*turned.items)
            facts.use_names()
            yield EnergyEdit(sections=facts.where.sections, by=turned.sign * _ENERGY_STEP[facts.degree])
