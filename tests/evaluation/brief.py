"""Is the prompt understood? Hand-written prompts with truth, read offline: `make eval-brief`. The table goes to docs/brief.md.

Options: --held FILE (the other half, not read while the reader was made), --out FILE, --all (print every miss). Returns 1 where the
first set misses a figure of the aim; the later sets, which were made to be harder, are only reported.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from contracts.context import Options
from services.enhancer.reading import read_prompt
from tests.evaluation.brief_measures import Judged, judge, judge_refusal
from tests.evaluation.brief_truth import TABLE, Truth, load

DOCS = Path(__file__).parents[2] / "docs" / "brief.md"
OTHER = TABLE.with_name("brief_prompts_held.toml")
SECOND = TABLE.with_name("brief_prompts_second.toml")
AIMS = {"tempo": 0.99, "key": 0.99, "meter": 0.99, "duration": 0.99, "genre": 0.95, "negation": 1.0}
THIRD = TABLE.with_name("brief_prompts_third.toml")
FOURTH = TABLE.with_name("brief_prompts_fourth.toml")
SECOND_SET, THIRD_SET, FOURTH_SET = "The second set", "The third set", "The fourth set"
LEAST_INSTRUMENTS, MOST_MS = 0.95, 50.0
ABOUT = """# Prompts, understood

Made by `make eval-brief`. Hand-written prompts in seven languages, written before the reader was looked at, each with what a musician
takes as said and the alternatives that honest people accept; a field of which a prompt says nothing must not come back as stated.
Split by a checksum of their text: the first half was there to make the reader better, the other one was read once before anybody saw it.
When the first half was first read, alternatives that had been forgotten were added to both halves alike (who whistles, bells, a section
for trumpets, styles that other styles play). Tempo (a number), key, meter and duration count only where they come back as stated.
`alone`: of a solo, an a cappella or an "only", whoever a style would add is ruled out. Instruments are counted one by one.
"""
FIRST_READ = (
    "What stood when the reader met those 214 prompts for the first time; further down stands what the reader of today makes of them.",
    "",
    "```text",
    "tempo 129/131 (98.5 %)   key 110/114 (96.5 %)   meter 27/30 (90.0 %)   duration 45/45   genre 140/148 (94.6 %)   negation 27/27",
    "instruments: precision 93.6 %, recall 95.8 %   alone 8/10   structure 7/7   chords 8/8   nothing claimed in 210/214",
    "right in everything: 162 of 214",
    "```",
)
"""The blind measurement. A figure of its day, not to be refreshed."""
SECOND_READ = (
    "Written afterwards by others who had not seen the reader either: 260 prompts in the voices of people who are no musicians, 42 of them",
    "traps (idioms, names, numbers that mean something else). When it was first read, the first set already met every aim:",
    "",
    "```text",
    "tempo 123/125 (98.4 %)   key 110/114 (96.5 %)   meter 33/34 (97.1 %)   duration 57/62 (91.9 %)   genre 109/138 (79.0 %)",
    "negation 44/49   instruments: precision 90.0 %, recall 96.5 %   nothing claimed in 247/260   right in everything: 147 of 260",
    "```",
    "",
    "Then some classes of its misses were mended, and its sections, at first written as sets, were put in order. 24 of the genres told",
    "as wrong name a style without a pack (zouk, march), which no brief can hold: since then it counts where the brief tells the style",
    "by its name and the packs that the catalogue gives for it play. By packs alone the genre of this set stood at 81.0 %.",
)
FOURTH_READ = (
    "Written after the reader had been mended with the first three sets, by the one who mended it and tried none of them, in",
    "other habits: captions, tags, dictation without punctuation, mails, video titles, sheet music, dialects, two languages at once. Read",
    "once, blind: this is the honest figure of an unseen prompt, though its writer knew the reader.",
    "",
    "```text",
    "tempo 49/52 (94.2 %)   key 65/65   meter 21/21   duration 36/37 (97.3 %)   genre 55/57 (96.5 %)   negation 20/24 (83.3 %)",
    "instruments: precision 97.4 %, recall 95.7 %   alone 7/7   moods 12/12   use 10/13   nothing claimed in 80/83",
    "right in everything: 58 of 83",
    "```",
)
THIRD_READ = (
    "Written later by another one, without sight of the reader's code, tables or tests (the printed misses of the second set had been",
    "glanced at): 165 prompts of producers, songwriters, people who make games and videos, hurried and rambling people, notation, data,",
    "corrections, styles of the world. Of a style without a pack any neighbour that a musician would let pass is right. Read once, blind:",
    "",
    "```text",
    "tempo 93/107 (86.9 %)   key 95/103 (92.2 %)   meter 27/27   duration 55/63 (87.3 %)   genre 102/111 (91.9 %)   negation 27/30",
    "instruments: precision 96.2 %, recall 97.2 %   alone 4/6   chords 3/4   moods 29/31   use 22/30   ending 4/7   artist 2/8",
    "nothing claimed in 159/165   right in everything: 101 of 165",
    "```",
    "",
    'Half of the wrong tempi were bare numbers without a unit ("D minor -- 130"), half of the wrong lengths bars with a tempo or two',
    'letters in the wrong order ("2 mintues"), most keys abbreviations ("key c majr"). Seven truths were put right afterwards, as the head',
    "of the file tells. What follows is no longer blind: the reader was mended with these misses, and with those of the fourth set.",
)
_BLIND = {SECOND_SET: SECOND_READ, THIRD_SET: THIRD_READ, FOURTH_SET: FOURTH_READ}
_FIELDS = (
    "tempo", "tempo in words", "key", "meter", "duration", "genre", "negation", "alone", "structure", "chords", "moods",
    "energy and valence", "production", "use", "ending", "artist", "artist's genre", "unknown title reported",
)  # fmt: skip


def read(truths: Sequence[Truth]) -> list[Judged]:
    """Read every prompt, its number the seed, timing each."""
    return [_read(truth) for truth in truths]


def _read(truth: Truth) -> Judged:
    began = time.process_time()
    try:
        brief = read_prompt(truth.text, Options(), seed=truth.number)
    except Exception as refusal:  # noqa: BLE001  a prompt that cannot be read is a result of this measurement, not its end
        return judge_refusal(truth, refusal, 1000 * (time.process_time() - began))
    return judge(truth, brief, 1000 * (time.process_time() - began))


def share(judged: Sequence[Judged], name: str) -> tuple[int, int]:
    """How many prompts state a field, and of how many it is right."""
    verdicts = [one.right[name] for one in judged if name in one.right]
    return len(verdicts), sum(verdicts)


def instruments(judged: Sequence[Judged]) -> tuple[float, float]:
    """Precision and recall of the wanted instruments over all prompts."""
    true, found, hit, needed = (sum(getattr(one, name) for one in judged) for name in ("true", "found", "hit", "needed"))
    return true / max(1, found), hit / max(1, needed)


def short_of(judged: Sequence[Judged]) -> list[str]:
    """Figures of the issue that are missed."""
    missed = []
    for name, aim in AIMS.items():
        asked, right = share(judged, name)
        if asked and right / asked < aim:
            missed.append(f"{name} {right / asked:.1%} < {aim:.0%}")
    for name, value in zip(("precision", "recall"), instruments(judged), strict=True):
        if value < LEAST_INSTRUMENTS:
            missed.append(f"instruments' {name} {value:.1%} < {LEAST_INSTRUMENTS:.0%}")
    slow = float(np.percentile([one.ms for one in judged], 95))
    if slow >= MOST_MS:
        missed.append(f"p95 {slow:.0f} ms ≥ {MOST_MS:.0f} ms")
    return missed


def table(judged: Sequence[Judged]) -> str:
    """Rates by field and language with counts, instruments, what is claimed, and time."""
    languages = [name for name, _ in Counter(one.language for one in judged).most_common()]
    lines = [f"{'':24}{'prompts':>8}{'right':>7}{'share':>8}   " + "".join(f"{name:>9}" for name in languages)]
    for name in _FIELDS:
        asked, right = share(judged, name)
        if asked:
            lines.append(
                f"{name:24}{asked:8}{right:7}{right / asked:8.1%}   " + _by_language(judged, languages, lambda some, n=name: share(some, n))
            )
    for index, name in enumerate(("precision", "recall")):
        value = instruments(judged)[index]
        counts = ("true", "found") if index == 0 else ("hit", "needed")
        right, asked = (sum(getattr(one, count) for one in judged) for count in counts)
        cells = _by_language(judged, languages, lambda some, c=counts: tuple(sum(getattr(one, k) for one in some) for k in reversed(c)))
        lines.append(f"{'instruments, ' + name:24}{asked:8}{right:7}{value:8.1%}   " + cells)
    claimed = Counter(name for one in judged for name in one.claimed)
    clean = sum(not one.claimed for one in judged)
    whole = sum(one.clean for one in judged)
    commands = [one.clean for one in judged if one.injection]
    times = [one.ms for one in judged]
    lines += [
        "",
        f"claims nothing that nobody said: {clean} of {len(judged)} prompts" + (f"; claimed: {dict(claimed)}" if claimed else ""),
        f"prompts that command the reader, read as music and nothing else: {sum(commands)} of {len(commands)}",
        f"right in everything: {whole} of {len(judged)} prompts ({whole / len(judged):.1%})",
        "processor ms per brief: first {:.1f}, p50 {:.1f}, p95 {:.1f}, most {:.1f}".format(
            times[0], *np.percentile(times[1:] or times, (50, 95, 100))
        ),
    ]
    return "\n".join(lines)


def _by_language(judged: Sequence[Judged], languages: list[str], count: Callable[[list[Judged]], tuple[int, ...]]) -> str:
    cells = []
    for language in languages:
        asked, right = count([one for one in judged if one.language == language])
        cells.append(f"{f'{right}/{asked}' if asked else '–':>9}")
    return "".join(cells)


def misses(judged: Sequence[Judged]) -> list[str]:
    """Every prompt in which something is wrong, with what."""
    lines = []
    for one in judged:
        wrong = [f"    {name}: {why}" for name, why in one.why.items()] + [f"    claims {name}: {why}" for name, why in one.claimed.items()]
        if wrong:
            lines += [f"#{one.number} {one.language} {one.text}", *wrong]
    return lines


def page(parts: dict[str, list[Judged]]) -> str:
    """The page of docs/."""
    lines = [ABOUT.rstrip()]
    lines += ["", "## The other half, read for the first time", "", *FIRST_READ]
    for title, judged in parts.items():
        if title in _BLIND:
            lines += ["", f"## {title}, read for the first time", "", *_BLIND[title]]
        missed = short_of(judged)
        verdict = "All figures of the aim are met." if not missed else "Missed: " + "; ".join(missed) + "."
        lines += [
            "",
            f"## {title}",
            "",
            f"{len(judged)} prompts. {verdict}",
            "",
            "```text",
            table(judged),
            "```",
            "",
            "What is wrong:",
            "",
            "```text",
        ]
        lines += [*(misses(judged) or ["nothing"]), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Read, print, write the page. Returns 1 where a figure of the aim is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--held", type=Path, default=OTHER if OTHER.exists() else None)
    parser.add_argument("--out", type=Path, default=DOCS)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    parts = {"The open half": read(load())}
    if asked.held:
        parts["The other half"] = read(load(asked.held))
    first = list(parts.values())
    for title, path in ((SECOND_SET, SECOND), (THIRD_SET, THIRD), (FOURTH_SET, FOURTH)):
        if path.exists():
            parts[title] = read(load(path))
    for title, judged in parts.items():
        print(f"{title}\n{table(judged)}\nmissed: {short_of(judged) or 'nothing'}\n", flush=True)
        if asked.all:
            print("\n".join(misses(judged)))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(page(parts), "utf-8")
    return 1 if any(short_of(judged) for judged in first) else 0


if __name__ == "__main__":
    sys.exit(main())
