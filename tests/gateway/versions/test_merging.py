"""Merge patches as RFC 7396 defines them, and edits of a mix as they are laid over one another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.context import Options
from contracts.edits import EDITS, Outline, PartOutline, SectionOutline
from contracts.errors import BadInput, IllegalMove
from contracts.pipeline import Stage
from services.gateway.versions.laying import laid
from services.gateway.versions.merging import is_deeper, merged, unknown_path
from services.gateway.versions.starting import Need, start

# RFC 7396, appendix A.
EXAMPLES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
NAMES, LEAVES = st.sampled_from("abc"), st.sampled_from([0, 1, "", [2]])
JSON = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)


@pytest.mark.parametrize(("target", "patch", "result"), EXAMPLES)
def test_the_examples_of_the_standard(target: Any, patch: Any, result: Any) -> None:
    """Every row of appendix A."""
    assert merged(target, patch) == result


@given(JSON, JSON)
def test_a_patch_that_was_laid_changes_nothing_again(target: Any, patch: Any) -> None:
    """Laying is idempotent, and leaves the documents that were handed in alone."""
    before = repr((target, patch))
    once = merged(target, patch)
    assert merged(once, patch) == once
    assert repr((target, patch)) == before
    if isinstance(patch, dict):
        assert unknown_path(patch, once) is None


def test_what_the_document_does_not_have_is_named_with_its_path() -> None:
    """Members that are taken away need not be there; depth is measured without recursion."""
    assert unknown_path({"a": {"b": {"x": 1}}, "c": None}, {"a": {"b": {}}}) == ("a", "b", "x")
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert is_deeper({"a": deep})
    assert not is_deeper({"a": {"b": [1, 2]}})


OUTLINE = Outline(
    tempo_bpm=100,
    key="A minor",
    meter="4/4",
    sections={"verse": SectionOutline(label="verse", start_bar=1, bars=4), "chorus": SectionOutline(label="chorus", start_bar=5, bars=4)},
    parts={
        "kit": PartOutline(role="drums", instrument="drum_kit"),
        "shaker": PartOutline(role="percussion", instrument="percussion"),
        "bass": PartOutline(role="bass", instrument="bass_guitar"),
        "flute": PartOutline(role="counter", instrument="flute"),
    },
)


def edited(options: dict[str, Any], *edits: dict[str, Any]) -> dict[str, Any]:
    """The mix of options after some edits."""
    after = laid(Options.model_validate(options), EDITS.validate_python(edits), OUTLINE)
    return after.mix.model_dump(exclude_defaults=True) if after.mix else {}


def test_levels_add_up_and_begin_with_what_the_role_says() -> None:
    """A part's own level goes before its role's in the mixer, so it starts from there; the mixer's limits hold."""
    before = {"mix": {"channels": {"drums": {"level_db": -2.0}}}}
    assert edited(before, {"kind": "level", "parts": ["kit"], "db": -3})["channels"]["kit"] == {"level_db": -5.0}
    assert edited(before, {"kind": "level", "parts": ["kit"], "db": 2})["channels"] == {"kit": {}}
    assert "drums" not in edited(before, {"kind": "mix", "mix": {"channels": {"kit": {"level_db": 0, "pan": 0.1}}}})["channels"]
    louder = [{"kind": "level", "parts": ["bass"], "db": 20}] * 2
    assert edited({}, *louder)["channels"]["bass"] == {"level_db": 24.0}
    assert edited({}, {"kind": "level", "sections": ["chorus"], "db": 2})["section_db"] == {"chorus": 2.0}
    whole = edited({}, {"kind": "level", "db": -1})
    assert {name: one["level_db"] for name, one in whole["channels"].items()} == {"kit": -1, "shaker": -1, "bass": -1, "flute": -1}


def test_a_mix_edit_stands_over_and_a_leaving_part_takes_its_edits_along() -> None:
    """What a removed part or section had stated would be refused by the mixer as unknown."""
    before = {"mix": {"channels": {"kit": {"pan": 0.5}, "drums": {"mute": True}, "bass": {"section_db": {"verse": 2}}}}}
    over = {"kind": "mix", "mix": {"channels": {"kit": {"pan": -0.5}}}}
    assert edited(before, over)["channels"]["kit"] == {"pan": -0.5}
    assert edited(before, {"kind": "remove", "parts": ["kit"]})["channels"].keys() == {"bass"}
    assert edited(before, {"kind": "remove", "parts": ["kit"], "sections": ["verse"]})["channels"].keys() == {"kit", "drums", "bass"}
    assert "section_db" not in edited(before, {"kind": "form", "action": "remove", "section": "verse"})["channels"]["bass"]
    after = laid(Options(), EDITS.validate_python([{"kind": "master", "target_lufs": -9}]), OUTLINE)
    assert (after.target_lufs, after.ceiling_dbtp, after.mix) == (-9, -1, None)


def test_what_was_said_of_a_part_goes_with_it_to_its_new_name() -> None:
    """Another instrument renames a part: its channel, and whatever else one instruction says of it by the id that it knows, go along."""
    swap = {"kind": "instrument", "parts": ["flute"], "instrument": "violin"}
    before = {"mix": {"channels": {"flute": {"pan": 0.5, "section_db": {"verse": 2}}, "bass": {"level_db": 1}}}}
    said = [
        {"kind": "level", "parts": ["flute"], "db": -3},
        {"kind": "level", "parts": ["flute"], "sections": ["verse"], "db": 1},
        {"kind": "mix", "mix": {"channels": {"flute": {"reverb_db": 3}}}},
    ]
    whole = {"pan": 0.5, "section_db": {"verse": 3.0}, "level_db": -3.0, "reverb_db": 3.0}
    for edits in ((swap, *said), (*said, swap), (said[0], swap, *said[1:])):
        assert edited(before, *edits)["channels"] == {"violin": whole, "bass": {"level_db": 1.0}}
    back = {"kind": "instrument", "parts": ["flute"], "instrument": "flute"}
    assert edited(before, swap, back) == before["mix"]
    kept = {"kind": "instrument", "parts": ["bass"], "instrument": "synth_bass"}
    assert edited(before, kept) == before["mix"]


@given(st.none() | st.sampled_from(list(Stage)), st.none() | st.sampled_from(list(Stage)), st.none() | st.sampled_from(list(Stage)))
def test_a_start_is_never_after_what_is_there_nor_after_what_reads_the_change(
    got: Stage | None, asked: Stage | None, need: Stage | None
) -> None:
    """For every stage a version got to, every stage that is asked and every need: a legal start, or a refusal."""
    order = list(Stage)
    try:
        stage = start(got, asked, [Need(need, "options.x")] if need else [])
    except IllegalMove:
        assert (asked is not None and order.index(asked) > (order.index(got) + 1 if got else 0)) or (
            got is order[-1] and not asked and not need
        )
        return
    except BadInput:
        assert need is not None
        assert order.index(need) < order.index(asked or stage)
        return
    assert order.index(stage) <= (order.index(got) + 1 if got else 0)
    assert asked in (None, stage)
    assert need is None or order.index(stage) <= order.index(need)
