"""320 prompts as people write them, ten per style, with what each of them states: written without the reader.

Ten voices (a tag list, a chatty request, given chords, Spanish, German, French or Portuguese, Chinese or Japanese, a stated form, a
mixture, a hasty typist) say the facts in varied places and words. `python -m tests.evaluation.prompt_grammar` writes
tests/evaluation/score_prompts.toml, which is what the evaluation reads.
"""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from contracts.music import Chord, Key
from tests.evaluation.prompt_words import FORBIDS, KEY_WORDS, MAJOR_CHORDS, MINOR_CHORDS, PLAYERS, STYLES, TONICS, StyleWords

TABLE = Path(__file__).parent / "score_prompts.toml"
Facts = dict[str, Any]
_DEGREES = {"I": 0, "bII": 1, "II": 2, "bIII": 3, "III": 4, "IV": 5, "V": 7, "bVI": 8, "VI": 9, "bVII": 10, "VII": 11}


class Style:
    """A style's words with the numbers that one voice takes."""

    def __init__(self, name: str, index: int, voice: int) -> None:
        self.id, self.words, self.index, self.voice = name, STYLES[name], index, voice
        self.pick = index * 7 + voice * 5

    def of(self, options: tuple[Any, ...] | list[Any]) -> Any:
        """One of several ways, another for each style and voice."""
        return options[self.pick % len(options)]

    @property
    def tempo(self) -> int:
        """A tempo that the style knows."""
        low, high = self.words.tempo
        return low + (self.pick * 3) % (high - low + 1)

    def tonic(self, known: tuple[str, ...] = TONICS) -> str:
        """A tonic."""
        return str(known[self.pick % len(known)])

    @property
    def minor(self) -> bool:
        """The style's mode, the other one every third time."""
        return self.words.minor != (self.pick % 3 == 0)

    @property
    def key(self) -> str:
        """A key as the score names it."""
        return f"{self.tonic()} {'minor' if self.minor else 'major'}"

    def want(self, n: int = 0) -> str:
        """An instrument that is asked for."""
        return self.words.wants[(self.voice + n) % len(self.words.wants)]

    @property
    def refuse(self) -> str:
        """An instrument that is refused."""
        return self.words.refuses[self.voice % len(self.words.refuses)]

    def forbids(self) -> list[str]:
        """What must not play then."""
        return list(FORBIDS.get(self.refuse, (self.refuse,)))


def say(instrument: str, language: str = "en") -> str:
    """An instrument in a language."""
    return PLAYERS[instrument][language]


def prompts() -> list[tuple[str, Facts]]:
    """All prompts in order of style and voice."""
    found = []
    for index, name in enumerate(STYLES):
        for voice, speak in enumerate(VOICES):
            text, facts = speak(Style(name, index, voice))
            found.append((text, {"style": name, **facts}))
    return found


def _tags(s: Style) -> tuple[str, Facts]:
    seconds = s.of((30, 45, 60, 75, 90))
    how = s.of(
        (
            "{style}, {bpm} bpm, {key}, {one} and {two}, {n} seconds",
            "{key} {style} @ {bpm} bpm - {one}, {two} - {n}s long",
            "{style} | {key} | {bpm}BPM | {one} + {two} | {n} sec",
            "{n}-second {style} in {key}, tempo {bpm}, featuring {one} and {two}",
        )
    )
    text = how.format(style=s.words.names[0], bpm=s.tempo, key=s.key, one=say(s.want()), two=say(s.want(1)), n=seconds)
    return text, {"tempo": s.tempo, "key": s.key, "duration": seconds, "with": [s.want(), s.want(1)]}


def _chatty(s: Style) -> tuple[str, Facts]:
    mood, purpose = (
        s.of(("happy", "sad", "calm", "dark", "hopeful", "dreamy")),
        s.of(("my vlog", "a podcast intro", "a wedding", "my game")),
    )
    words, seconds = s.of((("about a minute", 60), ("a minute and a half", 90), ("two minutes", 120), ("45 seconds", 45)))
    how = s.of(
        (
            (
                "Hey, could you make me a {mood} {style} track for {use}? It should be {long} long, around {bpm} bpm, and please no {out}. "
                "I'd love {one} in it."
            ),
            "I need something {mood} for {use} - think {style}, {bpm} beats per minute, in {key}. Keep it to {long}. Without {out} please!",
            "Write a {mood} {style} piece with {one} but without {out}. {long}, tempo {bpm}. It's for {use}.",
        )
    )
    text = how.format(
        mood=mood, style=s.words.names[1], use=purpose, long=words, bpm=s.tempo, out=say(s.refuse), one=say(s.want()), key=s.key
    )
    facts: Facts = {"tempo": s.tempo, "duration": seconds, "without": s.forbids()}
    return text, facts | ({"key": s.key} if "{key}" in how else {"with": [s.want()]})


def _chords_of(s: Style, shift: int = 0) -> list[str]:
    """A progression of the mode as letters in the key."""
    numerals = (MINOR_CHORDS if s.minor else MAJOR_CHORDS)[(s.pick + shift) % 6].split()
    key = Key.parse(s.key)
    found = []
    for numeral in numerals:
        degree, _, bass = numeral.partition("/")
        root = (key.tonic_class + _DEGREES[degree[0] + degree[1:].upper() if degree[0] == "b" else degree.upper()]) % 12
        plain = degree.lstrip("b")
        symbol = key.spell(root) + ("m" if plain.islower() else "")
        found.append(symbol + (f"/{key.spell((root + 4) % 12)}" if bass else ""))
    return [str(Chord.parse(one)) for one in found]


def _given_chords(s: Style) -> tuple[str, Facts]:
    one, two = _chords_of(s), _chords_of(s, 1)
    style = s.words.names[0]
    match s.pick % 4:
        case 0:
            text = f"{style} in {s.key}, {s.tempo} bpm, verse: {' '.join(one)}; chorus: {' '.join(two)}"
            chords = {"verse": one, "chorus": two}
            return text, {"tempo": s.tempo, "key": s.key, "chords": chords, "has_sections": ["verse", "chorus"]}
        case 1:
            text = f"A {style} loop over {one[0]} - {one[1]} - {one[2]} - {one[3]} at {s.tempo} bpm, key of {s.key}"
            return text, {"tempo": s.tempo, "key": s.key, "chords": {"all": one}}
        case 2:
            text = f"{style}, {s.key}, chords: | {one[0]} | {one[1]} {two[1]} | {one[2]} | {one[3]} |, {s.tempo} bpm, 1 minute"
            bars = [one[0], f"{one[1]} {two[1]}", one[2], one[3]]
            return text, {"tempo": s.tempo, "key": s.key, "duration": 60, "chords": {"all": bars}}
        case _:
            text = f"Please use the chord progression {', '.join(one)} for a {style} tune with {say(s.want())}. {s.tempo} BPM, in {s.key}."
            return text, {"tempo": s.tempo, "key": s.key, "chords": {"all": one}, "with": [s.want()]}


def _foreign_key(s: Style, language: str) -> tuple[str, str]:
    known = tuple(KEY_WORDS[language])
    tonic = s.tonic(known)
    return KEY_WORDS[language][tonic][s.minor], f"{tonic} {'minor' if s.minor else 'major'}"


def _spanish(s: Style) -> tuple[str, Facts]:
    said, key = _foreign_key(s, "es")
    mood = s.of(("alegre", "triste", "tranquila", "épica", "oscura"))
    how = s.of(
        (
            "una canción {mood} de {style} en {key}, a {bpm} bpm, con {one}, sin {out}",
            "Quiero {style} a {bpm} pulsaciones por minuto, {key}, con {one} y sin {out}, de un minuto y medio",
            "{style} {mood}, {key}, {bpm} bpm, sin {out}, con {one}, por favor",
        )
    )
    text = how.format(mood=mood, style=s.words.es, key=said, bpm=s.tempo, one=say(s.want(), "es"), out=say(s.refuse, "es"))
    facts: Facts = {"tempo": s.tempo, "key": key, "with": [s.want()], "without": s.forbids()}
    return text, facts | ({"duration": 90} if "minuto y medio" in how else {})


def _german(s: Style) -> tuple[str, Facts]:
    said, key = _foreign_key(s, "de")
    how = s.of(
        (
            "{style} in {key}, {bpm} bpm, mit {one}, ohne {out}, zwei Minuten lang",
            "Bitte ein Stück {style} mit {one}, aber ohne {out}. Tempo {bpm}, Tonart {key}, Länge 2 Minuten.",
            "Ein ruhiger Song, {style}, {bpm} BPM, {key}, Dauer: 120 Sekunden, mit {one}, kein {out}",
        )
    )
    text = how.format(style=s.words.de, key=said, bpm=s.tempo, one=say(s.want(), "de"), out=say(s.refuse, "de"))
    return text, {"tempo": s.tempo, "key": key, "duration": 120, "with": [s.want()], "without": s.forbids()}


def _french_or_portuguese(s: Style) -> tuple[str, Facts]:
    language = ("fr", "pt")[s.index % 2]
    said, key = _foreign_key(s, language)
    if language == "fr":
        how = s.of(
            (
                "un morceau de {style} en {key} à {bpm} bpm avec {one}, sans {out}, une minute",
                "{style}, {bpm} battements par minute, {key}, avec du {one} mais sans {out}, durée 60 secondes",
            )
        )
    else:
        how = s.of(
            (
                "uma música de {style} em {key}, {bpm} bpm, com {one}, sem {out}, um minuto",
                "{style} a {bpm} bpm, {key}, sem {out}, com {one}, duração 60 segundos",
            )
        )
    style = s.words.fr if language == "fr" else s.words.pt
    text = how.format(style=style, key=said, bpm=s.tempo, one=say(s.want(), language), out=say(s.refuse, language))
    return text, {"tempo": s.tempo, "key": key, "duration": 60, "with": [s.want()], "without": s.forbids()}


def _chinese_or_japanese(s: Style) -> tuple[str, Facts]:
    language = ("zh", "ja")[s.index % 2]
    said, key = _foreign_key(s, language)
    if language == "zh":
        how = s.of(("一首{style},{key},{bpm} bpm,要有{one},不要{out},60秒", "{bpm}拍的{style},{key},用{one},没有{out},一分钟"))
    else:
        how = s.of(("{style}、{key}、{bpm} bpm、{one}あり、{out}なし、60秒", "{one}を使った{style}、{key}、テンポ{bpm}、{out}なしで、1分"))
    style = s.words.zh if language == "zh" else s.words.ja
    text = how.format(style=style, key=said, bpm=s.tempo, one=say(s.want(), language), out=say(s.refuse, language))
    return text, {"tempo": s.tempo, "key": key, "duration": 60, "with": [s.want()], "without": s.forbids()}


def _form(s: Style) -> tuple[str, Facts]:
    style, tempo = s.words.names[2], s.tempo
    match s.pick % 4:
        case 0:
            text = f"{style}: intro 4 bars, verse 8 bars, chorus 8 bars, verse 8 bars, chorus 8 bars, outro 4 bars. {tempo} bpm, {s.key}"
            form = ["intro:4", "verse:8", "chorus:8", "verse:8", "chorus:8", "outro:4"]
        case 1:
            text = f"{s.key} {style} at {tempo} bpm. Structure: intro, verse, chorus, verse, chorus, bridge, chorus, outro. 2 minutes."
            return text, {
                "tempo": tempo,
                "key": s.key,
                "duration": 120,
                "form": ["intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"],
            }
        case 2:
            text = f"Start with an 8 bar intro, then a 16 bar verse, an 8 bar chorus and a 4 bar outro - {style}, {tempo} bpm, {s.key}"
            form = ["intro:8", "verse:16", "chorus:8", "outro:4"]
        case _:
            text = f"{style} with form verse (8) - chorus (8) - verse (8) - chorus (8) - bridge (4) - chorus (8), {tempo} BPM, key {s.key}"
            form = ["verse:8", "chorus:8", "verse:8", "chorus:8", "bridge:4", "chorus:8"]
    return text, {"tempo": tempo, "key": s.key, "form": form}


def _mixture(s: Style) -> tuple[str, Facts]:
    other: StyleWords = STYLES[s.words.other]
    meter, said = s.of((("3/4", "in 3/4"), ("6/8", "in 6/8 time"), ("5/4", "in five four"), ("7/8", "in 7/8"), ("4/4", "four-four time")))
    tempo = 60 + s.pick % 40 if meter == "6/8" else s.tempo
    how = s.of(
        (
            "{style} with {other} chords, {meter}, {bpm} bpm, {key}",
            "a mix of {style} and {other} {meter}, {key}, {bpm} bpm, with {one}",
            "{style} meets {other}, {meter}, {bpm} bpm, in {key}, 80 seconds",
        )
    )
    text = how.format(style=s.words.names[0], other=other.names[0], meter=said, bpm=tempo, key=s.key, one=say(s.want()))
    facts: Facts = {"tempo": tempo, "key": s.key, "meter": meter, "mixed": s.words.other}
    return text, facts | ({"with": [s.want()]} if "{one}" in how else {}) | ({"duration": 80} if "80 seconds" in how else {})


_NUMBERS = {60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety", 100: "a hundred", 110: "one hundred ten", 120: "one hundred twenty"} | {
    130: "a hundred and thirty", 140: "one hundred and forty", 150: "one hundred fifty", 160: "one sixty", 170: "one hundred seventy"
}  # fmt: skip


def _hasty(s: Style) -> tuple[str, Facts]:
    low, high = s.words.tempo
    round_tempo = next((n for n in _NUMBERS if low <= n <= high and n != 160), None)
    said = f"{_NUMBERS[round_tempo]} bpm" if round_tempo and s.pick % 2 else f"{s.tempo}bpm"
    tempo = round_tempo if round_tempo and s.pick % 2 else s.tempo
    ending, words = s.of(
        (("loop", "seamless loop"), ("fade", "fade out at the end"), ("cut", "ends abruptly"), ("loop", "must be loopable"))
    )
    mode = "minor" if s.minor else "major"
    tonic = s.tonic(("C", "D", "E", "F", "G", "A"))
    key = s.of((f"key of {tonic.lower()} {mode}", f"in {tonic}{'m' if s.minor else ' maj'}", f"{tonic.lower()} {mode}"))
    text = s.of(
        (
            f"{s.words.typo} {said} {key} w/ {say(s.want())}, {words}, 40 sec",
            f"gimme sum {s.words.typo}, {key}, {said}, {words}, 40s",
            f"{s.words.typo} beat!! {said}, {key}. {words}. 40 seconds. {say(s.want())} pls",
        )
    )
    facts: Facts = {"tempo": tempo, "key": f"{tonic} {mode}", "duration": 40, "ending": ending}
    return text, facts | ({"with": [s.want()]} if say(s.want()) in text else {})


VOICES: tuple[Callable[[Style], tuple[str, Facts]], ...] = (
    _tags, _chatty, _given_chords, _spanish, _german, _french_or_portuguese, _chinese_or_japanese, _form, _mixture, _hasty,
)  # fmt: skip


def main() -> None:
    """Write the table."""
    numbers = count(1)
    lines = ["# Written by `python -m tests.evaluation.prompt_grammar`: 320 prompts and what they state; the seed is the number."]
    for text, facts in prompts():
        lines += ["", f"[[prompt]] # {next(numbers)}", f"text = {json.dumps(text, ensure_ascii=False)}"]
        for name, value in facts.items():
            shown = json.dumps(value, ensure_ascii=False)
            if isinstance(value, dict):
                shown = "{ " + ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()) + " }"
            lines.append(f"{name} = {shown}")
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{next(numbers) - 1} prompts: {TABLE}")


if __name__ == "__main__":
    main()
