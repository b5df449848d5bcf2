"""What the user should know about the sections that were named: names of their own, and chords for sections that are not there."""

import difflib

from contracts.brief import Stated
from services.enhancer.reading.case import Case
from services.enhancer.reading.sections import known_labels
from services.enhancer.reading.structure import Plan


def note_sections(case: Case, structure: Stated[Plan], chords: dict[str, tuple[str, ...]]) -> None:
    """Say which section names are nobody's but the user's, and which chords have no section of the stated form to stand in."""
    planned = dict.fromkeys(section.label for section in structure.value)
    for label in dict.fromkeys([*planned, *chords]):
        if label not in known_labels():
            close = difflib.get_close_matches(label, sorted(known_labels()), n=1, cutoff=0.75)
            meant = f" If {close[0]} was meant, write {close[0]}." if close else ""
            case.note(f"'{label}' is no usual name of a section: it is kept as a section of its own.{meant}")
    if planned and structure.is_stated:
        for label in chords:
            if label != "all" and label not in planned:
                case.note(f"Chords were given for {label}, which the stated form ({', '.join(planned)}) does not have.")
