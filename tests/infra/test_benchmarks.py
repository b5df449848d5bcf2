"""What `make bench` can be asked for."""

import pytest

from tests.benchmarks.__main__ import DOCS, PARTS, replaced


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_its_place(name: str) -> None:
    """Its module is there, and its tables stand between marks of its own, whose surroundings stay when they are written anew."""
    part = PARTS[name]
    assert (DOCS.parent / "tests/benchmarks" / f"{part.module}.py").exists()
    document = (DOCS / part.document).read_text("utf-8")
    if part.whole:
        return
    once = replaced(document, name, "| new |")
    assert "| new |" in once
    assert replaced(once, name, "| new |") == once
    others = [other for other, one in PARTS.items() if one.document == part.document and other != name]
    assert all(f"<!-- end of {other} -->" in once for other in others)
    assert len(once) < len(document)


def test_a_document_without_marks_is_left_alone() -> None:
    """Nothing is written where nobody would look for it."""
    with pytest.raises(ValueError, match="rest"):
        replaced("# Figures", "rest", "| new |")
