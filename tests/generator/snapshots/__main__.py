"""`make snapshots`: writes one readable score per style anew, so that a change of style shows in review."""

from pathlib import Path

from services.music.notation import score_text
from services.music.packs.genres import genres
from tests.evaluation.ours import brief_of, write

HERE = Path(__file__).parent
SEED, SECONDS = 1, 40.0


def snapshot(style: str) -> str:
    """The score of a style's plain brief as text."""
    return score_text(write(brief_of(style, SEED, SECONDS), SEED).arranged)


def main() -> None:
    """Write all of them; those of styles that are gone are removed."""
    for old in HERE.glob("*.txt"):
        if old.stem not in genres():
            old.unlink()
    for style in genres():
        (HERE / f"{style}.txt").write_text(snapshot(style), "utf-8")
    print(f"{len(genres())} scores: {HERE}")


if __name__ == "__main__":
    main()
