"""`houseband analyze FILE`: what the ears hear."""

import argparse

from contracts.errors import BadInput
from contracts.features import Measured
from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Analyze an audio file."""
    if not arguments.file.is_file():
        raise BadInput("file", str(arguments.file), "a readable audio file (WAV, FLAC, OGG, MP3)")
    from services.analyzer.hearing import hear

    features = hear(arguments.file)
    if arguments.json:
        print(features.model_dump_json())
        return 0
    rows = []
    for name in type(features).model_fields:
        value = getattr(features, name)
        if isinstance(value, Measured):
            rows.append((name, f"{value.value:.2f} {value.unit}", f"{value.confidence:.2f}"))
        elif isinstance(value, tuple):
            rows.append((name, "; ".join(value) if name == "notes" else f"{len(value)} values", ""))
        else:
            rows.append((name, str(value), ""))
    print_table(("feature", "value", "confidence"), rows)
    return 0
