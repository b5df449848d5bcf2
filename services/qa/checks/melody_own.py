"""The melody check: is the tune our own?

Twelve notes in a row with the same intervals and the same durations as in the reference's melody or bass line, in any key and at
any tempo, are somebody else's tune. As sharp as the ear that heard the reference: what it missed cannot be found.
"""

from contracts.music import PPQ
from contracts.music.score import Role, Score
from contracts.report import Check, Relation
from services.music.references.figures import FIGURE, line_written, tune_of
from services.qa.asked import Asked

LEADS = (Role.MELODY, Role.VOCAL, Role.COUNTER)


def check_melody_own(score: Score, asked: Asked) -> Check | None:
    """The check; None without a reference in which a line was heard, and where the user brought the tune."""
    if asked.reference is None or asked.brought_tune:
        return None
    tune = tune_of(asked.reference)
    leads = {name: part for name, part in score.parts.items() if part.role in LEADS and part.notes}
    if not tune or not leads:
        return None
    found = {name: tune.shared(line_written(part.notes)) for name, part in leads.items()}
    places = [f"{name} from bar {_bar(score, name, index)}" for name, indices in found.items() for index in indices[:2]]
    total = sum(len(indices) for indices in found.values())
    return Check(
        name="melody_own",
        asked=0,
        measured=total,
        unit="figures",
        relation=Relation.AT_MOST,
        passed=total == 0,
        how=f"runs of {FIGURE} notes of {', '.join(leads)} with the intervals and durations (sixteenths and eighths, any key and tempo) "
        "of the melody or bass line that was heard in the reference",
        note="; ".join(places) or None,
    )


def _bar(score: Score, part: str, index: int) -> int:
    """Bar in which a figure begins."""
    onset = line_written(score.parts[part].notes)[index][0]
    return int(onset * PPQ // score.meter_value.ticks_per_bar) + 1
