"""Which language a prompt is written in, by its smallest words; for the few words that mean two players."""

from services.enhancer.reading.text import Text

_SMALL = {
    "en": frozenset(["the", "and", "with", "without", "for", "of", "in", "a", "an", "no", "some", "please", "but", "is", "it", "to"]),
    "fr": frozenset(
        [
            "et",
            "avec",
            "sans",
            "pour",
            "le",
            "les",
            "du",
            "des",
            "une",
            "un",
            "au",
            "aux",
            "pas",
            "ni",
            "dans",
            "musique",
            "guitare",
            "batterie",
            "voix",
            "mineur",
            "majeur",
        ]
    ),
    "es": frozenset(
        [
            "y",
            "con",
            "sin",
            "para",
            "el",
            "los",
            "las",
            "del",
            "una",
            "un",
            "al",
            "que",
            "pero",
            "musica",
            "guitarra",
            "bateria",
            "voz",
            "menor",
            "mayor",
        ]
    ),
    "pt": frozenset(
        [
            "e",
            "com",
            "sem",
            "para",
            "o",
            "os",
            "as",
            "do",
            "da",
            "uma",
            "um",
            "ao",
            "mas",
            "musica",
            "guitarra",
            "bateria",
            "voz",
            "violao",
            "menor",
            "maior",
        ]
    ),
    "de": frozenset(
        [
            "und",
            "mit",
            "ohne",
            "fuer",
            "der",
            "die",
            "das",
            "ein",
            "eine",
            "im",
            "kein",
            "nicht",
            "musik",
            "gitarre",
            "schlagzeug",
            "stimme",
            "moll",
            "dur",
        ]
    ),
    "it": frozenset(
        [
            "e",
            "con",
            "senza",
            "per",
            "il",
            "la",
            "lo",
            "gli",
            "una",
            "un",
            "del",
            "di",
            "ma",
            "musica",
            "chitarra",
            "batteria",
            "voce",
            "minore",
            "maggiore",
        ]
    ),
}


_MARKS = (("fr", "àèêçœùâîôû"), ("es", "ñ¿¡"), ("pt", "ãõ"), ("de", "äöüß"), ("it", "òì"))


def language_of(text: Text) -> str:
    """The language most of whose small words and letters stand in the text; English where none or several do."""
    if text.language is None:
        text.language = _language(text)
    return text.language


def _language(text: Text) -> str:
    forms = [word.form for word in text.words]
    counts = {name: sum(form in words for form in forms) for name, words in _SMALL.items()}
    for name, letters in _MARKS:
        counts[name] += sum(letter in text.lower for letter in letters)
    best = max(counts.values())
    return next((name for name, count in counts.items() if count == best), "en") if best else "en"
