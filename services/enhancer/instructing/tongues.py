"""Whether an instruction is Portuguese or Italian: their small words mean other things in the languages beside them."""

import re
from functools import cache
from importlib.resources import files
from tomllib import loads

from services.enhancer.reading.lexicon import Sense
from services.enhancer.reading.text import Text, words_of

_OWN = {
    "pt": "não sem com uma um em refrão refrões mais introdução troca troque tira tire muito muita mesma coisa meio tom baixo estrofe do da na nas "  # noqa: E501  a table of words or one pattern
    "nos no os ao pelo pela pouco devagar depressa fica fique deixa isso bumbo caixa chama você mas rápido rápida primeiro último compasso "
    "compassos bateria voz adiciona acrescenta coloca põe menos mesmo começo fim aumenta diminui abaixa sobe guitarra violão então até tudo",  # noqa: E501  a table of words or one pattern
    "it": "il lo gli della dello dei delle nel nella nell nei al alla all più di un è non che per batteria chitarra voce ritornello strofa togli "  # noqa: E501  a table of words or one pattern
    "aggiungi alza abbassa troppo troppa poco senza con tutto tutti meno basso introduzione ponte veloce lento lenta seconda secondo ultimo "  # noqa: E501  a table of words or one pattern
    "ultima prima primo metti cambia chiamala chiamalo sotto sopra archi tromba dopo dal dalla battute battuta semitono tono ma anche cassa "  # noqa: E501  a table of words or one pattern
    "rullante sia siano vorrei puoi canzone brano rallenta accelera",
    "es": "el los las y con sin del más pero en una un al menos la lo canción estribillo puente batería guitarra voz bajo baja sube pon quita "  # noqa: E501  a table of words or one pattern
    "cambia muy poco estrofa segunda segundo último última primera tono medio compases compás",
    "fr": "le les la et avec sans du des une un dans plus moins pas mais au aux sur pour trop peu refrain couplet pont guitare batterie voix "  # noqa: E501  a table of words or one pattern
    "basse deuxième dernier dernière mets enlève ton mesure mesures très",
    "de": "der die das und mit ohne ein eine im in den dem nicht kein mehr weniger etwas schlagzeug gitarre stimme strophe refrain mach bitte "  # noqa: E501  a table of words or one pattern
    "takt takte tiefer höher leiser lauter",
    "en": "the and with without a an in of for no not more less but to it on drums guitar vocals verse chorus bridge make please bars bar add "  # noqa: E501  a table of words or one pattern
    "up down louder quieter last first second is are",
}
_SETS = {tongue: frozenset(words.split()) for tongue, words in _OWN.items()}
_WORD = re.compile(r"[^\W\d_]+")


@cache
def _native() -> dict[str, dict[tuple[str, ...], tuple[Sense, ...]]]:
    table = loads((files(__package__) / "words_native.toml").read_text("utf-8"))
    return {tongue: {words_of(word): ((str(sense[0]), str(sense[1])),) for word, sense in words.items()} for tongue, words in table.items()}


def tongue_of(text: Text) -> str:
    """Pt or it where most small words are theirs; else ""."""
    said = _WORD.findall(text.lower)
    counts = {tongue: sum(word in words for word in said) for tongue, words in _SETS.items()}
    best = max(counts, key=lambda tongue: counts[tongue])
    alike = [tongue for tongue, count in counts.items() if count == counts[best]]
    return best if counts[best] and best in ("pt", "it") and set(alike) <= {"pt", "it", "es"} else ""


def native(tongue: str, forms: tuple[str, ...]) -> tuple[Sense, ...] | None:
    """What a phrase means in a language that uses it otherwise than its neighbours; None where it does not."""
    return _native()[tongue].get(forms) if tongue in _native() else None
