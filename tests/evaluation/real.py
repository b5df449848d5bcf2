"""The real songs to compare with: per-song features of held-out POP909, kept as a small table without notes.

`python -m tests.evaluation.real --data DIR` measures them anew from the archives (pop909, pop909_structure; MIT) and writes the table.
"""

import argparse
import json
from functools import cache
from pathlib import Path

from services.generator.training.archives import unpacked
from tests.evaluation.features import Features, features_of
from tests.evaluation.pop909 import read_pop909

TABLE = Path(__file__).parent / "data" / "pop909_held_out.json"
_ABOUT = {
    "content": "one number per feature and song (tests/evaluation/features.py); no notes",
    "source": "POP909 (Wang et al. 2020) with the structure labels of Dai et al. 2020: songs in one key, number divisible by five",
    "licence": "MIT (both data sets' annotations)",
}


@cache
def real_features() -> dict[str, Features]:
    """Features of each held-out song, by its number."""
    table = json.loads(TABLE.read_text("utf-8"))
    return {
        number: {name: value for name, value in zip(table["features"], row, strict=True) if value is not None}
        for number, row in table["songs"].items()
    }


def measure_real(data: Path) -> dict[str, Features]:
    """Measure the held-out songs from the archives."""
    with unpacked(data, "pop909", "pop909_structure") as (songs, structure):
        return {piece.name: features_of(piece) for piece in read_pop909(songs, structure, held_out=True)}


def write_table(found: dict[str, Features], path: Path = TABLE) -> None:
    """Keep the features, a row per song."""
    names = sorted({name for features in found.values() for name in features})
    rows = [f'    "{number}": {json.dumps([features.get(name) for name in names])}' for number, features in sorted(found.items())]
    head = "".join(f'  "{key}": {json.dumps(value)},\n' for key, value in {**_ABOUT, "features": names}.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + head + '  "songs": {\n' + ",\n".join(rows) + "\n  }\n}\n", "utf-8")


def main() -> None:
    """Renew the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    found = measure_real(parser.parse_args().data)
    write_table(found)
    print(f"{len(found)} songs, {len(next(iter(found.values())))} features: {TABLE}")


if __name__ == "__main__":
    main()
