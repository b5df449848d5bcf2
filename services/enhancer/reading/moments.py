"""How full a section is to be ("quiet intro"), when it is to come ("drop at 0:45") and how long it is to last ("10-second intro")."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.brief import SectionPlan
from services.enhancer.reading.numbers import NUMBER, number
from services.enhancer.reading.sections import NAME, canonical_label
from services.enhancer.reading.text import Text

QUIET, LOUD = 0.22, 0.95
_QUIET = (
    r"(?:very |really |super |sehr |muy |très |muito )?(?:quiet(?:er)?|soft(?:er)?|gentle|calm|sparse|minimal|stripped(?:[- ](?:down|back))?|intimate|mellow|hushed|whispered|delicate|subdued|low-key|empty|ruhige[snr]?|leise[snr]?|sanfte[snr]?|stille[snr]?"  # noqa: E501  a table of words or one pattern
    r"|tranquil[oa]s?|suaves?|calmad[oa]s?|silencios[oa]s?|calmes?|douce?s?|tranquilles?|dépouillée?s?|calm[oa]s?|silenciosa)"
)
_LOUD = (
    r"(?:very |really |super |sehr |muy |très |muito )?(?:big(?:ger)?|loud(?:er)?|huge|massive|explosive|powerful|epic|heavy|intense|full|energetic|soaring|anthemic|banging|hard|insane|brutal|filthy|laute[snr]?|große[snr]?|fette[snr]?|gewaltige[snr]?|kräftige[snr]?"  # noqa: E501  a table of words or one pattern
    r"|potentes?|fuertes?|grandes?|enormes?|explosiv[oa]s?|épic[oa]s?|gros(?:se)?s?|énormes?|puissante?s?|forte?s?|explosif|explosive)"
)
_LABEL = rf"(?P<label>{NAME})"
_BEFORE = {
    level: re.compile(rf"(?<![a-zà-ÿ]){words}(?:,? (?:and |but |und |y |et |e )?[\w-]+)?[ -]+{_LABEL}(?![a-zà-ÿ])")
    for level, words in ((QUIET, _QUIET), (LOUD, _LOUD))
}
_AFTER = {
    level: re.compile(
        rf"(?<![a-zà-ÿ]){_LABEL}\s+(?:(?:is|are|should be|must be|es|ist|est|é|muy|sehr|très|muito|that is|which is)\s+)?{words}(?![a-zà-ÿ])"  # noqa: E501  a table of words or one pattern
    )
    for level, words in ((QUIET, _QUIET), (LOUD, _LOUD))
}
_ASIAN = {
    QUIET: re.compile(rf"(?:安静|轻柔|柔和|平静|静かな|穏やかな|優しい|控えめな)的?{_LABEL}"),
    LOUD: re.compile(rf"(?:强烈|爆发|激烈|宏大|激しい|盛り上がる|派手な|大きな|壮大な)的?{_LABEL}"),
}
_ASIAN_AFTER = {
    QUIET: re.compile(rf"{_LABEL}(?:要|は|が)?(?:安静|轻柔|静か|穏やか)"),
    LOUD: re.compile(rf"{_LABEL}(?:要|は|が|で)?(?:爆发|爆炸|激烈|激しく|盛り上が|激しい)"),
}
_HARD_END = re.compile(r"hard (?:ending|end|stop|outro)")
"""How it stops, not how full it is then."""
_START = re.compile(
    r"(?<!\w)(?:start(?:s|ing)?|begin(?:s|ning)?|open(?:s|ing)?|empieza|comienza|beginnt|fängt|commence|débute|começa|inizia)\s+(?:off |out |very |really |de forma |muy |ganz |sehr |très |bem )?(quiet(?:ly)?|soft(?:ly)?|gentl[ey]|calm(?:ly)?|sparse(?:ly)?|suave|tranquilo|ruhig|leise|doucement|calmement|calmo|loud|big|hard|fuerte|laut|fort)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_END = re.compile(
    r"(?<!\w)(?:end(?:s|ing)?|finish(?:es)?|close(?:s)?|termina|acaba|endet|finit|se termine)\s+(?:very |really |muy |sehr |bem )?(quiet(?:ly)?|soft(?:ly)?|gentl[ey]|calm(?:ly)?|suave(?:mente)?|tranquilo|ruhig|leise|doucement|calmo|loud(?:ly)?|big|with a bang|fuerte|laut|fort)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_RISE = re.compile(
    r"(?<!\w)(?:(?:slowly |gradually )?(?:builds?|building|grows?|growing|rises?|rising|swells?)(?: up)?(?: slowly| gradually| steadily)?\s+(?:to|into|towards?|until)\s|gradual(?:ly)? (?:build|crescendo)|slow build|crescendo (?:throughout|to the end)|va creciendo|in crescendo|steigert sich|monte en puissance|vai crescendo|baut sich (?:langsam )?auf)|逐渐(?:推进|增强|高涨)|层层递进|徐々に盛り上"  # noqa: E501  a table of words or one pattern
)
_TIME = r"(?:(?P<m>\d{1,2}):(?P<s>[0-5]\d)|(?P<n>\d{1,3})\s*(?:s\b|secs?\b|seconds?\b|segundos\b|sekunden\b|secondes\b|秒)|(?P<ma>\d{1,2})分(?P<sa>\d{1,2})秒|the (?P<half>\d{1,3})[ -]second mark)"  # noqa: E501  a table of words or one pattern
_COMES = r"(?:\s+(?:hits?|drops?|comes?(?: in)?|kicks? in|starts?|enters?|begins?|arrives?|lands?|should|must|to|happens?|exactly|right|kommt|setzt ein|llega|entra|empieza|arrive|tombe|chega|cae))*\s*(?:at|@|after|around|by|on|bei|nach|ab|a los|al minuto|en el|à|après|aos|em|no|:)?\s*(?:the )?"  # noqa: E501  a table of words or one pattern
_LABEL_AT = re.compile(rf"(?<![a-z]){_LABEL}{_COMES}{_TIME}(?!\s*(?:long|lang|total))", re.ASCII)
_AT_LABEL = re.compile(
    rf"(?<![\w:])(?:at |after |by |bei |nach |a los |à |après |aos |em )?{_TIME}\s*(?:mark|in)?\s*(?::|=|-|の|で|で、|に|处|時に|后|後|,)?\s*(?:the |comes |we get |big |huge |massive |el |la |der |die |das |le |o |a )*{_LABEL}(?![a-z])",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_LASTING = re.compile(
    rf"(?<![\w:])(?P<n>{NUMBER})[ -]*(?P<unit>s\b|secs?|seconds?|segundos?|sekunden|secondes?|秒|bars?|measures?|takte?|compases|compassos|mesures?|小节|小節)(?:[ -](?:long|of|de|lange[snr]?))?[ -]*(?:的|の)?\s*(?:[a-zà-ÿ-]+\s+){{0,2}}{_LABEL}(?![a-z])",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_NO_PLACE = ("loop", "groove", "theme", "head", "tag", "all")


@dataclass(frozen=True)
class Moments:
    """What words say of single sections: energy 0–1, the second at which one begins, seconds or bars that one lasts."""

    energies: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    bars: Mapping[str, int] = field(default_factory=dict)
    first: float | None = None
    last: float | None = None
    rises: bool = False
    evidence: tuple[str, ...] = ()
    quiet: tuple[tuple[int, int], ...] = ()
    """Where words call a section quiet: that is no mood of the song."""

    def __bool__(self) -> bool:
        return bool(self.energies or self.times or self.seconds or self.bars or self.first or self.last)

    @property
    def labels(self) -> tuple[str, ...]:
        """The sections spoken of, without repetition."""
        return tuple(dict.fromkeys([*self.energies, *self.times, *self.seconds, *self.bars]))


def read_moments(text: Text) -> Moments:
    """Energies, times and lengths of single sections. Times and lengths are taken: they are not the song's."""
    quotes: list[str] = []
    times, seconds, bars = _timed(text, quotes)
    energies: dict[str, float] = {}
    spoken: list[tuple[int, int]] = []
    for patterns in (_BEFORE, _AFTER, _ASIAN, _ASIAN_AFTER):
        for level, pattern in patterns.items():
            for match in pattern.finditer(text.lower):
                label = canonical_label(match.group("label"))
                if (
                    label not in _NO_PLACE
                    and label not in energies
                    and "guitar" not in match.group()
                    and not _HARD_END.fullmatch(match.group())
                ):
                    energies[label] = level
                    spoken += [match.span()] if level == QUIET else []
                    quotes.append(text.quote(*match.span()))
    ends = []
    for pattern in (_START, _END):
        end = pattern.search(text.lower)
        loud = end and end.group(1).startswith(("loud", "big", "hard", "fuerte", "laut", "fort", "with"))
        ends.append((LOUD if loud else QUIET) if end else None)
        quotes += [text.quote(*end.span())] if end else []
        spoken += [end.span(1)] if end and not loud else []
    rises = bool(_RISE.search(text.lower))
    return Moments(energies, times, seconds, bars, ends[0], ends[1], rises, tuple(dict.fromkeys(quotes)), tuple(spoken))


def _timed(text: Text, quotes: list[str]) -> tuple[dict[str, float], dict[str, float], dict[str, int]]:
    times: dict[str, float] = {}
    seconds: dict[str, float] = {}
    bars: dict[str, int] = {}
    for match in _LASTING.finditer(text.lower):
        label = canonical_label(match.group("label"))
        if label in _NO_PLACE or not text.is_free(*match.span("n")):
            continue
        counted = match.group("unit")[0] in "bmtc小" and not match.group("unit").startswith("se")
        if counted:
            bars.setdefault(label, int(number(match.group("n"))))
        else:
            seconds.setdefault(label, number(match.group("n")))
        quotes.append(text.quote(*match.span()))
        text.take(*match.span("n"))
        text.take(*match.span("unit"))
    for pattern in (_LABEL_AT, _AT_LABEL):
        for match in pattern.finditer(text.lower):
            label, place = canonical_label(match.group("label")), match.span()
            at = _seconds(match)
            if label in _NO_PLACE or label in times or at < 2 or not text.is_free(*place):
                continue
            times[label] = at
            quotes.append(text.quote(*place).strip(" ,:"))
            text.take(*place)
    return times, seconds, {label: n for label, n in bars.items() if 1 <= n <= 128}


def _seconds(match: re.Match[str]) -> float:
    if match.group("m"):
        return int(match.group("m")) * 60.0 + int(match.group("s"))
    if match.group("ma"):
        return int(match.group("ma")) * 60.0 + int(match.group("sa"))
    return float(match.group("n") or match.group("half"))


def placed(plan: Sequence[SectionPlan], moments: Moments, bar_s: float) -> tuple[SectionPlan, ...]:
    """A form with the moments in it: energies by label, and bars so that what has a time begins at it."""
    sections = [_with_energy(section, moments) for section in plan]
    if sections and moments.first is not None and sections[0].energy is None:
        sections[0] = sections[0].model_copy(update={"energy": moments.first})
    if sections and moments.last is not None and sections[-1].energy is None:
        sections[-1] = sections[-1].model_copy(update={"energy": moments.last})
    for label, seconds in moments.seconds.items():
        sections = _lasting(sections, label, max(1, round(seconds / bar_s)))
    for label, bars in moments.bars.items():
        sections = _lasting(sections, label, bars)
    done, elapsed = 0, 0
    for label, at in sorted(moments.times.items(), key=lambda entry: entry[1]):
        place = next((i for i in range(done, len(sections)) if sections[i].label == label), None)
        if place is None or place == 0:
            continue
        room = round(at / bar_s) - elapsed
        before, kept = _shared(sections[done:place], room)
        sections = [*sections[:done], *before, *sections[place:]]
        done, elapsed = done + kept, elapsed + sum(section.bars or 0 for section in before)
    return tuple(sections)


def _with_energy(section: SectionPlan, moments: Moments) -> SectionPlan:
    level = moments.energies.get(section.label)
    return section if level is None or section.energy is not None else section.model_copy(update={"energy": level})


def _lasting(sections: list[SectionPlan], label: str, bars: int) -> list[SectionPlan]:
    place = next((i for i, section in enumerate(sections) if section.label == label and section.bars is None), None)
    if place is None or not 1 <= bars <= 128:
        return sections
    return [*sections[:place], sections[place].model_copy(update={"bars": bars}), *sections[place + 1 :]]


def _shared(sections: Sequence[SectionPlan], room: int) -> tuple[list[SectionPlan], int]:
    """Sections that together last `room` bars, in fours where that goes; too many of them lose those before the last."""
    kept = list(sections)
    while len(kept) > max(1, room):
        kept.pop(-2 if len(kept) > 1 else -1)
    fixed = sum(section.bars or 0 for section in kept)
    open_ = [i for i, section in enumerate(kept) if section.bars is None]
    if not open_ or room - fixed < len(open_):
        return kept, len(kept)
    left = room - fixed
    unit = next((u for u in (4, 2, 1) if left % u == 0 and left // u >= len(open_)), 1)
    parts = left // unit
    for order, i in enumerate(open_):
        share = parts // (len(open_) - order) if order else -(-parts // len(open_))
        kept[i] = kept[i].model_copy(update={"bars": min(share * unit, 128)})
        parts -= share
    return kept, len(kept)
