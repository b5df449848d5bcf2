"""Words that only point at a reference: "make something like this", "algo así", "so etwas wie das". They carry nothing else."""

import re

_THING = r"(?:something|anything|music|stuff|(?:a|an|another|one|some|new)\s+(?:new\s+|more\s+)?(?:song|track|tune|piece|one|beat)|more|another|one)"  # noqa: E501  a table of words or one pattern
_REF = (
    r"(?:(?:this|that|these|those|the|my|our)\s+(?:(?:attached|uploaded|given|enclosed|reference|provided|same)\s+)*"
    r"(?:song|track|tune|piece|one|recording|reference|record|file|audio|music|example|sample|attached|upload|clip)|this|that|it|these|those)"
)
_EN = [
    (
        rf"(?:{_THING}\s+)?(?:(?:just|very|much|quite|sounding|sounds?|exactly|a bit|more)\s+)*"
        rf"(?:like|similar\s+to|close\s+to|akin\s+to|along\s+the\s+lines\s+of|inspired\s+by|based\s+on|modell?ed\s+(?:on|after)|"
        rf"in\s+the\s+(?:style|vein|spirit|manner|mood|vibe)\s+of|with\s+the\s+(?:style|vibe|feel|mood)\s+of)\s+{_REF}"
    ),
    rf"(?:{_THING}\s+)?(?:in|with|of)\s+(?:the\s+)?same\s+(?:style|vein|spirit|vibe|feel|mood|manner|way)(?:\s+(?:as|of)\s+{_REF})?",
    rf"(?:the\s+)?same\s+(?:style|vibe|feel|mood|sound)(?:\s+(?:as|of)\s+{_REF})?",
    rf"(?:copy|follow|match|mimic|imitate|use)\s+(?:this|that|its|the)\s+(?:style|vibe|feel|sound|reference|song|track|recording)(?:\s+of\s+{_REF})?",
    r"(?:a|another|one)\s+(?:more\s+)?(?:of\s+(?:these|those|them)|such\s+(?:song|track|piece))",
]
_ES = [
    r"(?:algo|una?\s+(?:canci[oó]n|tema|pista)|m[uú]sica|otra?|uno?)\s+(?:m[aá]s\s+)?(?:como\s+(?:est[aeo]|es[ao]|ello)(?:\s+\w+)?|as[ií]|parecid[ao]|similar|por\s+el\s+estilo)",
    r"como\s+(?:est[aeo]|es[ao])(?:\s+(?:canci[oó]n|tema|pista|grabaci[oó]n))?",
    r"(?:en\s+el|del|con\s+el)\s+mismo\s+(?:estilo|aire|ambiente|g[eé]nero)",
]
_DE = [
    r"(?:so\s*(?:et)?was|(?:et)?was|(?:so\s+)?ein(?:en|e)?\s+(?:song|lied|st[uü]ck|track)|musik|noch\s+(?:so\s+)?(?:et)?was)\s+(?:in\s+der\s+(?:art|richtung)|(?:so\s+)?wie\s+(?:das|dies(?:e[snr]?)?|hier)(?:\s+(?:hier|da|lied|song|st[uü]ck))?|[aä]hnliches)",
    r"(?:im|in\s+dem)?\s*(?:gleichen|selben)\s+(?:stil|sinne?|charakter)",
    r"(?:so\s+ein(?:en|e)?\s+(?:lied|song|st[uü]ck|track))|genau\s*so\s*(?:et)?was|in\s+(?:der|dieser)\s+art|(?:et)?was\s+[aä]hnliches",
]
_FR = [
    r"(?:quelque\s+chose|un(?:e)?\s+(?:chanson|morceau|titre|musique)|de\s+la\s+musique)\s+(?:comme\s+(?:[cç]a|cela|ceci|ce(?:tte)?\s+\w+)|dans\s+ce\s+(?:genre|style)|de\s+(?:semblable|similaire|pareil)|pareille?|semblable|similaire|du\s+(?:m[eê]me\s+)?genre)",
    r"comme\s+(?:[cç]a|cela|ceci)|dans\s+(?:ce|le\s+m[eê]me)\s+(?:genre|style|esprit)",
]
_PT = [
    r"(?:algo|uma?\s+(?:can[cç][aã]o|m[uú]sica|faixa))\s+(?:assim|como\s+(?:ist[oa]|est[ae]|ess[ae])(?:\s+\w+)?|parecid[oa]|semelhante|nesse\s+estilo)",
    r"no\s+mesmo\s+estilo|como\s+(?:isto|isso)",
]
_IT = [r"qualcosa\s+(?:del\s+genere|di\s+simile|cos[iì]|come\s+quest[oa])|nello\s+stesso\s+stile|come\s+quest[oa]"]
_ASIAN = [
    r"(?:做|写|来|给我)?(?:一)?(?:首|个|段)?(?:像|跟|和)?(?:这|那)(?:首|个|样|种)(?:一样|类似|差不多)?的?(?:歌曲?|音乐|曲子?|风格|感觉)?(?:类似|一样|差不多)?的?(?:歌曲?|音乐|曲子?)?",
    r"类似(?:这|那)?(?:首|个|样)?的?(?:歌曲?|音乐|曲子?)?",
    r"(?:こんな|そんな|同じ(?:ような)?|似た(?:ような)?|この(?:ような|曲|歌)|これ)(?:感じ|雰囲気)?(?:みたいな|のような|っぽい|と同じ|に似た|と似た)?(?:の|な)?(?:曲|歌|音楽|感じ)?",
]
_MAKE = (
    r"(?:(?:please|por\s+favor|bitte|s'il\s+(?:te|vous)\s+pla[iî]t)[\s,]+)?(?:(?:can|could|would)\s+you\s+)?"
    r"(?:(?:make|create|write|generate|compose|produce|give|do|want|like|need|haz(?:me)?|hacer?|quiero|crea|mach(?:e|t)?|ich\s+m[oö]chte|fais(?:-moi)?|je\s+veux|faz|fa[cç]a|quero|fai|fammi)\s+(?:me\s+|us\s+|mir\s+|moi\s+|bitte\s+)?)?"
)
_EASTERN = re.compile("|".join(_ASIAN))
_WESTERN = re.compile(rf"(?<!\w){_MAKE}(?:{'|'.join(_EN + _ES + _DE + _FR + _PT + _IT)})(?!\w)", re.IGNORECASE)


def beside_reference(prompt: str) -> str:
    """A prompt with spaces in place of the words that only point at the reference; of the same length."""
    for pattern in (_WESTERN, _EASTERN):
        prompt = pattern.sub(lambda match: " " * len(match.group()), prompt)
    return prompt
