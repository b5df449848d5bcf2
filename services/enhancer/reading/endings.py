"""How a song is to end: as it naturally does, round into its beginning, with a cut, or fading out."""

import re

from services.enhancer.reading.findings import Finding
from services.enhancer.reading.text import Text

_NOT = r"(?:no|not|don'?t|doesn'?t|does not|do not|never|without(?: an?)?|instead of(?: an?)?|rather than(?: an?)?|shouldn'?t|isn'?t|sin|ohne|sans|sem|kein(?:e|en)?|nicht)\s+(?:need to\s+|have to\s+|be\s+|a\s+|an\s+|any\s+)?"  # noqa: E501  a table of words or one pattern
_LOOP = (
    r"loopable|loop-able|loop-?ready|seamless(?:ly)?[ -](?:loop(?:s|ing|ed|able)?|repeat(?:s|ing)?)|loops? (?:seamlessly|perfectly|cleanly|forever|endlessly|around|back)"  # noqa: E501  a table of words or one pattern
    r"|(?:perfect|clean|gapless|infinite|endless|continuous|smooth|never-ending) loop|(?:can|could|should|must|will|to|that|which) (?:be )?loop(?:ed|s)?"  # noqa: E501  a table of words or one pattern
    r"|for looping|(?:^|[,;.]\s*|(?:trap|house|techno|bap|lofi|lo-fi|jazz|funk|chill|ambient|hip[ -]hop|beat|piano|guitar|synth|vibraphone|marimba) )loop(?=(?: of)? (?:\d+|four|eight|sixteen|two)[ -]?(?:bars?|s\b|sec))|loop(?= d[eo] \d+ ?(?:s\b|seg|sec|compas))|(?:game|menu|background|music|drum|beat|bar|second|sec|s|min|minute)[ -]loops?|as a loop|a loop|make it loop|loop (?:these|this|it|the)|que se repit[ae]|sin cortes|sem cortes|repetible|it loops|looping"  # noqa: E501  a table of words or one pattern
    r"|en bucle|bucle (?:perfecto|infinito|continuo)|loop perfecto|endlosschleife|als schleife|nahtlos(?:e[rsn]?)? (?:loop|schleife)|loop(?:bar|f[aä]hig)"  # noqa: E501  a table of words or one pattern
    r"|en boucle|boucle (?:parfaite|infinie|continue)|em loop|loop (?:perfeito|infinito)|loop sem emenda|(?:无缝)?循环|無縫循環|可循环|シームレスループ|ループ"  # noqa: E501  a table of words or one pattern
)
_FADE = (
    r"fad(?:e|es|ing)[ -]?(?:away|out|outs)|fade-out|(?:slow|long|gentle|gradual) fade|ends? (?:with|on|in) a (?:\w+ )?fade(?:[ -]?out)?|fade (?:at the end|ending|to silence)|(?<=, )(?:then |and )?fade(?=\s*(?:$|[.;!\n]))"  # noqa: E501  a table of words or one pattern
    r"|desvan[eé]c\w+|fundido(?: de salida| final)?|ausblend\w*|blendet aus|(?:aus|ver)kling\w*|fondu (?:de fin|final|sortant|en sortie|de sortie)|fondu|s'estomp\w+"  # noqa: E501  a table of words or one pattern
    r"|esmaec\w+|some aos poucos|淡出|渐弱|漸弱|フェードアウト"
)
_CUT = (
    r"ends? abruptly|abrupt(?:ly)? end(?:s|ing)?|cold (?:end(?:ing)?|stop)|stops? (?:dead|cold|abruptly|suddenly)|hard (?:stop|cut|ending)|cuts? off(?: abruptly| suddenly)?"  # noqa: E501  a table of words or one pattern
    r"|sudden (?:stop|end|ending)|ends? suddenly|(?:no|without an?|skip the|don'?t (?:write|need|want) an?) (?:proper |real |outro or |outro and )?(?:ending|end)|just stops?"  # noqa: E501  a table of words or one pattern
    r"|sin (?:un )?final|(?:final|corte) (?:abrupto|seco)|ohne (?:ende|schluss|ending)|abruptes? ende|endet abrupt|h[oö]rt abrupt auf|sans fin|fin (?:abrupte|nette|s[eè]che)|s'arr[eê]te net"  # noqa: E501  a table of words or one pattern
    r"|sem (?:um )?final|termina (?:de repente|abruptamente)|没有结尾|不要结尾|突然结束|戛然而止|エンディングなし|突然終わる|カットアウト"
)
_NATURAL = (
    r"(?:proper|clear|natural|full|real|definite|final|satisfying|complete) ending|ends? (?:naturally|properly)|(?:final )?ritard(?:ando)?(?: at the end)?"  # noqa: E501  a table of words or one pattern
    r"|final (?:claro|natural)|richtige[rsn]? (?:schluss|ende)|vraie fin|final de verdade|完整结尾|きちんと終わる"
)
_KINDS = tuple(
    (name, re.compile(rf"(?<![a-zà-ÿ])({_NOT})?({words})(?![a-zà-ÿ])"), sure)
    for name, words, sure in (("fade", _FADE, 1.0), ("cut", _CUT, 1.0), ("loop", _LOOP, 0.95), ("natural", _NATURAL, 0.9))
)
_WORD_END = 4
"""Characters of a wish that nobody else may have read: "5 min loop" is a length and a loop."""
_NOT_THE_SONG_AFTER = re.compile(
    r"\s*(?:before|during|into|between|after|in the (?!end)|at the (?:start|beginning)|at bar|of the (?:drums?|pad|intro))"
)


def read_ending(text: Text) -> Finding[str] | None:
    """natural, loop, cut or fade, where the words say so; what is refused ("no fade-out") falls back to natural."""
    found: list[tuple[int, Finding[str]]] = []
    for name, pattern, sure in _KINDS:
        for match in pattern.finditer(text.lower):
            if not text.is_free(max(match.start(2), match.end(2) - _WORD_END), match.end(2)) or _of_a_part(text, name, match):
                continue
            evidence = text.quote(*match.span())
            if match.group(1) and name != "natural":
                found.append((0, Finding("natural", evidence, 0.8, f"'{evidence}': then it ends as songs do")))
                continue
            found.append((1, Finding(name, evidence, sure)))
            if name in ("fade", "cut"):
                text.take(*match.span())
            break
    return max(found, key=lambda entry: entry[0])[1] if found else None


def _of_a_part(text: Text, name: str, match: re.Match[str]) -> bool:
    """Whether the words speak of a moment or of one player: "the pad fades out before the drop", "over a drum loop"."""
    if _NOT_THE_SONG_AFTER.match(text.lower[match.end() :]):
        return True
    before = text.lower[max(0, match.start() - 12) : match.start()]
    return (
        name == "loop" and match.group(2).endswith(("loop", "loops")) and bool(re.search(r"(?:over|with|from|using|of) (?:an? )?$", before))
    )
