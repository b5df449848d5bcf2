"""Values that a prompt takes back: "not 120", "instead of 90", "F minor, no wait, G minor"."""

import re
from collections.abc import Callable
from typing import TypeVar

from services.enhancer.reading.findings import Finding
from services.enhancer.reading.text import Text

T = TypeVar("T")
_REFUSED_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:not|isn't|don't (?:want|use|do|make it)|instead of|rather than|never|anything but|avoid|nicht|kein|statt|anstatt|anstelle von|en vez de|en lugar de|no (?:en|a)"  # noqa: E501  a table of words or one pattern
    r"|au lieu d(?:e|')|plut[oô]t qu(?:e|')|pas(?: en| à| d')?|em vez de|ao inv[eé]s de|não(?: em| a)?|invece di|non|(?:last|previous|old|earlier) (?:one|version|take|try|song|track|time)(?: (?:was|had|is))?(?: at| in)?|used to be|no longer)|不是|不要|而不是|別|别)\s*(?:in|at|a|an|à|en|em|auf|mit|the usual|the)?\s*$"  # noqa: E501  a table of words or one pattern
)
_REFUSED_AFTER = re.compile(
    r"\s*(?:ではなく|じゃなくて|の代わりに|(?:bpm|beats per minute)?,?\s*(?:and |but |which |that )?(?:is|was|are|were|felt|feels|seems|seemed|sounded|sounds|would be|es|era|ist|war|est|était|é)?\s*(?:way |far |much |a bit |a little |un poco |viel |bien |muito )?(?:too (?:fast|slow|long|short|quick|sluggish|rushed)|demasiado \w+|zu (?:schnell|langsam|lang|kurz)|trop (?:rapide|lente?|longue?|courte?)|(?:rápido|lento) demais))"  # noqa: E501  a table of words or one pattern
)
_CORRECTION = re.compile(
    r"no,? wait|wait,? no|(?:^|[?!.,;:(-])\s*(?:no|nope|nah|nein|non|não|nee)\s*(?:[:;.!-]|,(?!\s*(?:no|more)\b))|[?!]\s*(?:no|nope|nein|non|não)\s|(?<![a-z])(?:hmm+|actually|scratch that|strike that|changed my mind|change (?:it|that) to|oops|whoops|or better|better yet|no rather|let's (?:say|do)|correction|sorry|i mean|i meant|make (?:it|that)|or rather|on second thought|besser|lieber|doch|quatsch|korrektur|corrección|correção|mejor|perd[oó]n|digo"  # noqa: E501  a table of words or one pattern
    r"|plut[oô]t|pardon|enfin|melhor|ali[aá]s|quer dizer|anzi)(?![a-z])|不对|不對|应该是|还是|いや|やっぱり|訂正"
)
_MOST = 4
_REGRETTED = re.compile(
    r"(?<![a-z])(?:was (?:going|about) to (?:ask for|say|request|go (?:with|for)|pick)|(?:first|at first|originally|initially),? i (?:wanted|thought|asked for|had)|i thought (?:about|of)|almost (?:asked for|went (?:with|for))|used to (?:want|have)"  # noqa: E501  a table of words or one pattern
    r"|iba a pedir|pensaba (?:en|pedir)|al principio quer[ií]a|wollte (?:eigentlich|erst|zuerst)|eigentlich wollte ich|dachte (?:erst|zuerst) an|j'allais demander|au d[eé]part je voulais|je pensais [aà]|ia pedir|pensei em|本来想要?|原本想要?|最初は)"  # noqa: E501  a table of words or one pattern
    r"(?P<what>[^.;!?\n]{1,60}?)(?:,?\s+(?:but|pero|aber|mais|mas|though)(?![a-z])|,?\s*(?:但是?|不过|でも|けど))"
)


def regretted(text: Text) -> list[tuple[int, int]]:
    """Where words tell what somebody thought of wanting, and then did not: "was going to ask for jazz but …"."""
    return [match.span("what") for match in _REGRETTED.finditer(text.lower)]


def read_corrected(text: Text, read: Callable[[Text], Finding[T] | None]) -> Finding[T] | None:
    """What a reader finds, passing over values that are refused, and the later one where the words correct themselves."""
    found: Finding[T] | None = None
    end = 0
    for _ in range(_MOST):
        before = bytes(text.taken)
        following = read(text)
        if following is None:
            return found
        start, stop = _newly_taken(before, text.taken)
        if stop and is_refused(text, start, stop):
            continue
        if found is None or _CORRECTION.search(text.lower[end:start]):
            found, end = following, stop
        if not _CORRECTION.search(text.lower[end:]):
            return found
    return found


def is_refused(text: Text, start: int, end: int) -> bool:
    """Whether the words beside a span say that it is not wanted."""
    if any(first <= start and end <= last for first, last in regretted(text)):
        return True
    return bool(_REFUSED_BEFORE.search(text.lower[max(0, start - 40) : start]) or _REFUSED_AFTER.match(text.lower[end : end + 48]))


def _newly_taken(before: bytes, after: bytearray) -> tuple[int, int]:
    places = [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    return (places[0], places[-1] + 1) if places else (0, 0)
