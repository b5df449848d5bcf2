"""Structure: lists of sections with bars, forms in letters, and single wishes such as a drop or no ending."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.brief import SectionPlan
from contracts.errors import BadInput
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.numbers import SPOKEN, number
from services.enhancer.reading.sections import NAME, canonical_label
from services.enhancer.reading.text import Text
from services.music.packs.genres import genres

Plan = tuple[SectionPlan, ...]
ALLOWED = "sections with bars such as intro:4,verse:8,chorus:8 (1 to 128 bars each; the bars may be left out)"
_MOST_SECTIONS, _MOST_BARS = 64, 128

_BARS = r"(?:bars?|measures?|compases|takte?|mesures?|compassos|小节|小節)"
_COUNT = rf"(?:\d{{1,3}}|{SPOKEN})"
_ADJ = r"(?:(?:a|an|the|un|una|le|la|quiet|loud|big|short|long|soft|huge|massive|heavy|gentle|final|last|first|second|double|catchy|epic|another|calm|dark|melodic)\s+){0,3}"  # noqa: E501  a table of words or one pattern
_ITEM = (
    rf"{_ADJ}(?:(?P<n1>{_COUNT})[\s-]*{_BARS}?\s+(?:of\s+)?)?(?P<label>{NAME})(?:\s*[1-9](?=\s*[:(=]|\s+{_COUNT}))?"
    rf"(?:\s*(?:[:=(]|of|for|is)?\s*(?P<n2>{_COUNT})\s*{_BARS}?\)?(?!\s*(?:bpm|seconds?|secs?|minutes?|%|/)))?"
)
_SAYS_BARS = re.compile(_BARS, re.IGNORECASE)
_BAR_ITEM = re.compile(_ITEM, re.IGNORECASE)
_NEXT = re.compile(
    r"\s*(?:(?::\s+)?,\s*(?:and\s+|then\s+)?|[-–/|>+&;\n]+\s*|→\s*|->\s*|\s(?:then|and|und|et|y|e|followed by|into|to|dann|luego|puis)\s+|\s)\s*(?:then\s+|a\s+|the\s+)?",  # noqa: E501  a table of words or one pattern
    re.IGNORECASE,
)
_LETTERS = re.compile(r"(?<!\w)([ABCD]{3,10})(?:\s*[- ]?\s*(?:form|structure|song form))?(?!\w)")
_LETTER_LABELS = {"A": "verse", "B": "chorus", "C": "bridge", "D": "solo"}
_AABA = {"A": "verse", "B": "bridge"}
_NO = r"(?:no|without|skip the|skip|without an?|don't want an?|sin|ohne|sans|sem|没有)\s+(?:an?\s+|the\s+|any\s+)?"
_NO_SECTION = re.compile(rf"(?<!\w){_NO}({NAME})(?!\w)")
_SOLO_PLAYER = re.compile(r"solo(?:ist)?\s+(?:vocal|voice|sing|piano|guitar|violin|cello|flute|sax|trumpet|instrument|part|drum|organ)")
"""Not a section: "no solo vocals"."""
_WISH = re.compile(
    rf"(?<!\w)(?:with|has|have|having|add|include|including|featuring|plus|and|start(?:s|ing)?|begin(?:s|ning)?|open(?:s|ing)?|end(?:s|ing)?|close(?:s)?|want|then|into|before|after|con|mit|avec|com)"
    rf"\s+(?:(?:on|in|with|by|to|up|con|mit|avec|com)\s+)?((?:a|an|the|one|two|big|un|una|ein|eine|einem|une|um|uma|massive|huge)\s+(?:[\w-]+\s+){{0,3}}?)({NAME})(?!\w)(?!\s+(?:pedal|tuning|d\b|shadow|of|machine))"
)
_NAMED_DROP = re.compile(
    r"(?<!\w)((?:big|huge|massive|heavy|hard|bass|beat|epic|second|first|the|two|filthy|insane)\s+(?:bass\s+)?)(drops?)(?!\w)"
)


@dataclass(frozen=True)
class Wishes:
    """Single wishes about the form: sections to have, to leave out, to begin and to end with."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    evidence: str = ""

    def beside(self, labels: Sequence[str]) -> "Wishes":
        """These wishes and sections that were spoken of otherwise; those that were refused stay away."""
        more = (label for label in labels if label not in self.unwanted)
        return replace(self, wanted=tuple(dict.fromkeys([*self.wanted, *more])))

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted or self.first or self.last)


def parse_structure(value: str, field: str = "structure") -> Plan:
    """An option's structure, strictly. Raises BadInput naming the item at fault."""
    plan: list[SectionPlan] = []
    for item in re.split(r"[,;\n]", value):
        if not item.strip():
            continue
        head, _, tail = item.partition(":")
        label = canonical_label(head)
        bars = tail.strip().removesuffix("bars").removesuffix("bar").strip()
        if not label or label == "all" or (bars and not (bars.isascii() and bars.isdigit() and 1 <= int(bars[:4]) <= 128)):
            raise BadInput(field, item.strip(), ALLOWED)
        plan.append(SectionPlan(label=label, bars=int(bars) if bars else None))
    if not plan or len(plan) > _MOST_SECTIONS:
        raise BadInput(field, value, ALLOWED)
    return tuple(plan)


def read_structure(text: Text) -> Finding[Plan] | None:
    """A whole form: two sections with bars, three without, or letters such as AABA."""
    lower = text.untaken()
    index = 0
    while index < len(lower):
        first = _BAR_ITEM.search(lower, index)
        if not first:
            break
        plan, end = _list_from(lower, first)
        counted = sum(section.bars is not None for section in plan)
        if len(plan) >= 3 or counted >= 2:
            text.take(first.start(), end)
            return Finding(tuple(plan[:_MOST_SECTIONS]), text.quote(first.start(), end))
        index = max(first.end(), index + 1)
    return _letters(text)


def _list_from(lower: str, first: re.Match[str]) -> tuple[list[SectionPlan], int]:
    plan = [_section(first)]
    end = first.end()
    while len(plan) < _MOST_SECTIONS:
        gap = _NEXT.match(lower, end)
        following = _BAR_ITEM.match(lower, gap.end()) if gap else None
        if not following or _inside_word(lower, following):
            break
        plan.append(_section(following))
        end = following.end()
    return (plan, end) if not _inside_word(lower, first) else ([], end)


def _inside_word(lower: str, match: re.Match[str]) -> bool:
    start, end = match.span("label")
    before, after = lower[start - 1 : start], lower[end : end + 1]
    return (before.isalnum() and before.isascii()) or (after.isalpha() and after.isascii())


def _section(match: re.Match[str]) -> SectionPlan:
    count = match.group("n1") or match.group("n2")
    bars = int(number(count)) if count else None
    if bars is not None and not 1 <= bars <= _MOST_BARS:
        if _SAYS_BARS.search(match.group()):
            raise BadInput("structure", match.group().strip(), ALLOWED)
        bars = None  # "bluegrass breakdown 240": a tempo
    return SectionPlan(label=canonical_label(match.group("label")), bars=bars)


def _letters(text: Text) -> Finding[Plan] | None:
    for match in _LETTERS.finditer(text.original):
        letters = match.group(1)
        named = len(match.group()) > len(letters)
        if text.is_free(*match.span()) and (
            named
            or letters in ("AABA", "ABA", "ABAB", "ABABCB", "AABB", "ABACA", "AAB", "ABACABA", "ABACAB", "AABC", "ABCB", "ABAC", "AABBCC")
        ):
            names = _AABA if letters in ("AABA", "AABB") else _LETTER_LABELS
            text.take(*match.span())
            return Finding(tuple(SectionPlan(label=names.get(letter, "verse")) for letter in letters), text.quote(*match.span()), 0.95)
    return None


def read_wishes(text: Text) -> Wishes:
    """Sections that were wished for or refused one by one."""
    wanted: list[str] = []
    unwanted: list[str] = []
    quotes: list[str] = []
    first = last = None
    for match in _NO_SECTION.finditer(text.lower):
        if text.is_free(*match.span()) and match.group(1) != "tag" and not _SOLO_PLAYER.match(text.lower, match.start(1)):
            unwanted.append(canonical_label(match.group(1)))
            quotes.append(text.quote(*match.span()))
            text.take(*match.span())
    for pattern in (_WISH, _NAMED_DROP):
        for match in pattern.finditer(text.lower):
            label = canonical_label(match.group(2))
            if (
                not text.is_free(*match.span())
                or label in unwanted
                or label in ("theme", "loop", "groove", "head")
                or match.group(2) == "tag"
            ):
                continue
            verb = match.group().split()[0]
            first = label if verb.startswith(("start", "begin", "open")) else first
            last = label if verb.startswith(("end", "close")) else last
            wanted.append(label)
            quotes.append(text.quote(*match.span()))
    return Wishes(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)), first, last, "; ".join(quotes))


def grant(wishes: Wishes, genre_id: str, bars: float) -> Plan:
    """The genre's own form, of about `bars` bars, with the wishes in it. The composer sets the lengths."""
    labels = _form_of(genre_id, bars)
    labels = [label for label in labels if label not in wishes.unwanted]
    if not set(labels) - {"intro", "build", "breakdown", "outro"}:
        labels = _inserted(labels, "groove") if "groove" not in wishes.unwanted else _inserted(labels, "theme")
    for label in wishes.wanted:
        if label not in labels:
            labels = _inserted(labels, label)
    labels = _placed(labels, wishes)
    labels = _within(labels, bars, {*wishes.wanted, wishes.first, wishes.last})
    return tuple(SectionPlan(label=label) for label in (labels or ["verse"]))


def form_of_labels(labels: Sequence[str], genre_id: str, bars: float) -> Plan:
    """A form for sections whose chords were given: the style's own where it has them all, else they take turns for about `bars` bars."""
    usual = _form_of(genre_id, bars)
    if set(labels) <= set(usual):
        return ()
    turns = max(1, round((bars - 8) / (8 * len(labels))))
    ends = ("intro",) * ("intro" in usual and "intro" not in labels), ("outro",) * ("outro" in usual and "outro" not in labels)
    form = [*ends[0], *(list(labels) * turns), *ends[1]]
    return tuple(SectionPlan(label=label) for label in _within(form, bars, set(labels)))


def _within(labels: list[str], bars: float, kept: set[str | None]) -> list[str]:
    """A form that a short song has the bars for: sections that nobody asked for go first, from the end, then returns, then the rest."""
    out = list(labels)
    while len(out) > max(1, int(bars)):
        spare = [i for i, label in enumerate(out) if label not in kept]
        returns = [i for i, label in enumerate(out) if label in out[:i]]
        out.pop((spare or returns or range(len(out)))[-1])
    return out


def _placed(labels: list[str], wishes: Wishes) -> list[str]:
    if wishes.first and labels[:1] != [wishes.first]:
        labels = [wishes.first, *labels]
    if wishes.last and labels[-1:] != [wishes.last]:
        labels = [*labels, wishes.last]
    return labels


def _inserted(labels: list[str], label: str) -> list[str]:
    """A section put where it belongs: an intro first, an outro last, anything else before the last high point."""
    if label == "intro":
        return [label, *labels]
    if label == "outro":
        return [*labels, label]
    if label == "drop":
        swapped = ["drop" if name in ("chorus", "head", "theme") else name for name in labels]
        return swapped if "drop" in swapped else [*labels, label]
    high = [i for i, name in enumerate(labels) if name in ("chorus", "drop", "head", "theme", "verse")]
    place = high[-1] if high else len(labels) - (labels[-1:] == ["outro"])
    return [*labels[:place], label, *labels[place:]]


def _form_of(genre_id: str, bars: float) -> list[str]:
    """The likeliest form of the genre with as many turns of its cycle as `bars` bars hold (about 8 bars a section)."""
    plan = max(genres()[genre_id].form.plans, key=lambda p: p.weight)
    fixed: Sequence[str] = (*plan.open, *plan.close)
    room = max(1.0, bars / 8.0 - len(fixed) * 0.6)
    turns = round(room / max(1, len(plan.cycle)))
    turns = min(max(turns, 1), max(plan.cycles[1], 1))
    labels = list(plan.open)
    for turn in range(1, turns + 1):
        labels += [*plan.cycle, *(plan.middle if turn % 2 == 0 and turn < turns else ())]
    return [*labels, *plan.close]
