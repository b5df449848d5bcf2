"""What a user edits in a mix is obeyed, told where it cannot be, comes back as a sheet, and mixes again only what it changed."""

import numpy as np
import pytest

from contracts.errors import BadInput
from contracts.report import Retry
from contracts.revising import Revises
from contracts.sound import ChannelEdit, MixEdits
from services.mixer import files
from services.mixer.answers import judge
from services.mixer.mixing.sheet import mix_sheet
from services.mixer.mixing.work import mix
from services.music.audio.loudness import integrated_lufs
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import RATE, make_context, make_score, make_stems


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """(mix by edits -> (context, names that were mixed and not found), read a mixed stem) over one store."""
    folder = tmp_path_factory.mktemp("desk")
    said = []
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, text: said.append(text))
    plain = make_context(bench, make_score(4), make_stems(10.0))

    def made(edits=None, retries=()):
        said.clear()
        options = plain.request.options.model_copy(update={"mix": edits})
        request = plain.request.model_copy(update={"options": options})
        context = mix(plain.model_copy(update={"request": request, "retries": retries}), bench)
        return context, {text.removeprefix("mixed ").replace(" ", "_") for text in said if text.startswith("mixed ")}

    def read(context, name):
        return files.read_audio(bench.objects.local_path(context.mixing.stems[name]))[0]

    made()
    return made, read


def digests(context):
    """What lies in each mixed stem."""
    return {name: stem.sha256 for name, stem in context.mixing.stems.items()}


def one(name, **edit):
    """Edits of a single channel."""
    return MixEdits(channels={name: ChannelEdit(**edit)})


def test_the_same_mix_again_is_found_whole(desk):
    """Nothing is mixed a second time, and every byte is the same."""
    made, _ = desk
    first, second = made(), made()
    assert second[1] == set()
    assert digests(first[0]) == digests(second[0])


def test_an_edited_channel_alone_is_mixed_again(desk):
    """Only the bass and the returns that it is sent to; all other stems are the same bytes, and it is what a fresh mix gives."""
    made, _ = desk
    before, (after, mixed) = digests(made()[0]), made(one("bass", eq=({"hz": 800, "db": 4.0},)))
    changed = {name for name, digest in digests(after).items() if digest != before[name]}
    assert mixed == changed
    assert "bass" in changed <= {"bass", "return_room"}


@pytest.mark.parametrize(
    ("edit", "measure", "low", "high"),
    [
        ({"level_db": -6.0}, "level", -6.01, -5.99),
        ({"mute": True}, "peak", 0, 0),
        ({"pan": -0.9}, "left", 8, 30),
        ({"width": 0.0, "pan": 0.0}, "side", 0, 0.001),
        ({"eq": ({"hz": 6000, "db": -12.0, "shape": "high_shelf"},)}, "high", -14, -4),
        ({"effects": ({"effect": "gain", "parameters": {"db": -12.0}},)}, "level", -12.05, -11.95),
    ],
)
def test_each_edit_is_heard(desk, edit, measure, low, high):
    """In dB against the unedited stem; left over right in dB; side over middle."""
    made, read = desk
    plain, edited = read(made()[0], "acoustic_piano"), read(made(one("acoustic_piano", **edit))[0], "acoustic_piano")
    assert low <= _measured(measure, plain, edited) <= high


def _measured(what, plain, edited):
    if what == "level":
        return integrated_lufs(edited, RATE) - integrated_lufs(plain, RATE)
    if what == "peak":
        return np.abs(edited).max()
    if what == "left":
        return 20 * np.log10(np.std(edited[0]) / np.std(edited[1]))
    if what == "side":
        return np.std(edited[0] - edited[1]) / np.std(edited[0] + edited[1])
    highs = [np.abs(np.fft.rfft(audio[0]))[60_000:].mean() for audio in (plain, edited)]
    return 20 * np.log10(highs[1] / highs[0])


def test_roles_sections_changes_and_sends_are_edited(desk):
    """A role's edit is that of its parts, and a part's own lies over it; sections and sends move; a muted return is gone."""
    made, read = desk
    channels = {"harmony": ChannelEdit(hall_db=-120.0, level_db=-3.0), "acoustic_piano": ChannelEdit(level_db=2.0)}
    channels |= {"return_delay": ChannelEdit(mute=True), "return_hall": ChannelEdit(level_db=-4.0)}
    context, _ = made(MixEdits(channels=channels, section_db={"chorus_1": 3.0}, changes={"width": 0.5}))
    settings, plain = context.mixing.settings, made()[0].mixing.settings
    piano = settings["channels"]["acoustic_piano"]
    assert (piano["hall_db"], piano["level_edit_db"]) == (-120.0, 2.0)
    assert piano["width"] == pytest.approx(0.5 * plain["channels"]["acoustic_piano"]["width"], abs=1e-3)
    assert settings["section_db"]["chorus_1"] == pytest.approx(plain["section_db"]["chorus_1"] + 3.0)
    assert "return_delay" not in context.mixing.stems
    assert np.abs(read(context, "return_hall")).max() < np.abs(read(made()[0], "return_hall")).max()


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        (one("kazoo", mute=True), "mix.channels: 'kazoo' is not .* allowed: parts drums, bass, melody, acoustic_piano, pad_synth; roles"),
        (MixEdits(section_db={"bridge_7": 1.0}), "mix.section_db: 'bridge_7' is not possible; allowed: verse_1, chorus_1"),
        (MixEdits(changes={"loudest": 1.0}), "mix.changes.loudest: .* allowed: low_end_db, "),
        (MixEdits(changes={"width": 3.0}), "mix.changes.width: .* allowed: 0 to 2"),
        (MixEdits(profile="polka"), "mix.profile: 'polka' .* allowed: afrobeat, ambient"),
        (
            MixEdits(channels=dict.fromkeys(("drums", "bass", "melody", "harmony", "pad"), ChannelEdit(mute=True))),
            "mix.channels: 'every part is muted' .* something sounds",
        ),
        (one("return_hall", pan=0.5), "mix.channels.return_hall: 'pan' .* allowed: level_db, mute"),
        (one("bass", effects=({"effect": "no_such_effect"},)), r"mix\.channels\.bass\.effects\[0\]"),
    ],
)
def test_what_is_not_there_is_told_with_what_there_is(desk, edits, told):
    """Each names the field, the value and the song's own ids."""
    with pytest.raises(BadInput, match=told):
        desk[0](edits)


@pytest.mark.parametrize(
    ("mix", "field"),
    [
        ({"channels": {"bass": {"effects": [{"effect": "flangr"}]}}}, "mix.channels.bass.effects[0].effect"),
        (
            {"channels": {"any": {"effects": [{"effect": "delay", "parameters": {"nonsense": 1}}]}}},
            "mix.channels.any.effects[0].parameters",
        ),
        ({"changes": {"loudnes": 1.0}}, "mix.changes.loudnes"),
        ({"changes": {"width": 9.0}}, "mix.changes.width"),
        ({"profile": "polkacore"}, "mix.profile"),
        ({"section_db": {"verse_1": 40.0}}, "mix.section_db.verse_1"),
        ({"channels": {"bass": {"pan": "left"}}}, "mix.channels.bass.pan"),
    ],
)
def test_edits_are_judged_before_there_is_a_song(bench, mix, field):
    """What no song could have is told without one, by the field's name; what a song may have passes."""
    with pytest.raises(BadInput) as told:
        judge({"mix": mix}, bench)
    assert told.value.field.startswith(field)
    assert (
        judge({"mix": {"profile": "house", "changes": {"width": 1.2}, "channels": {"any": {"effects": [{"effect": "delay"}]}}}}, bench)
        == {}
    )


def test_the_sheet_given_back_untouched_makes_the_same_mix(desk):
    """After edits and a retry of QA, through JSON: nothing is mixed, and every byte is the same."""
    made, _ = desk
    channels = {"melody": ChannelEdit(level_db=1.5, pan=0.25), "pad": ChannelEdit(width=0.8, effects=({"effect": "gain"},))}
    retry = Retry(attempt=2, to_stage="mixing", reasons=("",), changes={"width": 0.6, "low_end_db": 2.0, "dc_block_hz": 15.0})
    stated = MixEdits(profile="house", channels=channels, section_db={"verse_1": -1.0}, changes={"duck_scale": 0.7, "reverb_db": 2.0})
    context, _ = made(stated, (retry,))
    sheet = MixEdits.model_validate_json(mix_sheet(context).model_dump_json())
    again, mixed = made(sheet)
    assert mixed == set()
    assert digests(again) == digests(context)
    assert mix_sheet(again) == mix_sheet(context)


def test_a_retry_comes_on_top_of_what_the_user_states(desk):
    """QA's factor narrows a width that was stated."""
    made, _ = desk
    retry = Retry(attempt=2, to_stage="mixing", reasons=("",), changes={"width": 0.5})
    context, _ = made(one("pad_synth", width=1.2), (retry,))
    assert context.mixing.settings["channels"]["pad_synth"]["width"] == pytest.approx(0.6)


def test_a_loop_is_found_again_and_an_edit_of_it_heard(bench):
    """The tail is folded over the beginning in every stem; the second mix is found whole, an edit of the bass mixes the bass."""
    context = make_context(bench, make_score(2).model_copy(update={"tail_s": 0.0}), make_stems(5.0))
    first, again = mix(context, bench), mix(context, bench)
    assert {stem.frames for stem in first.mixing.stems.values()} == {4 * RATE}
    assert digests(first) == digests(again)
    options = context.request.options.model_copy(update={"mix": one("bass", level_db=-3.0)})
    edited = mix(context.model_copy(update={"request": context.request.model_copy(update={"options": options})}), bench)
    assert {name for name, digest in digests(edited).items() if digest != digests(first)[name]} == {"bass", "return_room"}


def test_a_part_is_louder_in_one_section_alone(desk):
    """4 dB less in the verse until the half beat before the next bar line; the chorus is the same as soon as its filters forget."""
    made, read = desk
    (plain, _), (context, mixed) = made(), made(one("acoustic_piano", section_db={"verse_1": -4.0}))
    changed = {name for name, digest in digests(context).items() if digest != digests(plain)[name]}
    assert mixed == changed
    assert "acoustic_piano" in changed <= {"acoustic_piano", "return_room", "return_hall", "return_delay"}
    before, after = read(plain, "acoustic_piano"), read(context, "acoustic_piano")
    border, ramp = 4 * RATE, RATE // 4  # two bars at 120 bpm; half a beat
    gain = 10 ** (-4.0 / 20)
    np.testing.assert_allclose(after[:, : border - ramp - 1], gain * before[:, : border - ramp - 1], atol=1e-6)
    settled = border + RATE // 10
    np.testing.assert_allclose(after[:, settled:], before[:, settled:], atol=1e-6)
    assert mix_sheet(context).channels["acoustic_piano"].section_db == {"verse_1": -4.0}
    with pytest.raises(BadInput, match="bridge_7"):
        made(one("bass", section_db={"bridge_7": 1.0}))


def test_a_roles_sections_and_a_parts_own_add_up_by_section(desk):
    """Harmony softer in the verse, the piano louder in the chorus: the piano has both."""
    made, _ = desk
    channels = {"harmony": ChannelEdit(section_db={"verse_1": -2.0}), "acoustic_piano": ChannelEdit(section_db={"chorus_1": 1.0})}
    context, _ = made(MixEdits(channels=channels))
    assert context.mixing.settings["channels"]["acoustic_piano"]["section_edit_db"] == {"verse_1": -2.0, "chorus_1": 1.0}


def test_what_equals_the_default_is_not_stated_by_a_part_over_its_role(desk):
    """Before and after a round trip through JSON: the piano's own pan leaves it the level of its role; a level of 0 states nothing."""
    made, _ = desk
    channels = {"harmony": ChannelEdit(level_db=-3.0, reverb_db=2.0), "acoustic_piano": ChannelEdit(pan=0.25, level_db=0.0)}
    stated = MixEdits(channels=channels)
    context, _ = made(stated)
    channel = context.mixing.settings["channels"]["acoustic_piano"]
    assert (channel["level_edit_db"], channel["pan"]) == (-3.0, 0.25)
    again, mixed = made(MixEdits.model_validate_json(stated.model_dump_json()))
    assert mixed == set()
    assert digests(again) == digests(context)


def test_a_revised_song_keeps_the_mix_of_everybody_else(tmp_path):
    """Another bass: its channel alone is mixed again (with the returns it sends to); edits of a part that is gone count for nothing."""
    bench = Workbench(FileStore(tmp_path / "store", sync=False), tmp_path, lambda *_: None)
    score, stems = make_score(4), make_stems(10.0)
    plain = mix(make_context(bench, score, stems), bench)
    bench.objects.put_bytes("parent.json", plain.to_json(), "application/json")
    bass = score.parts["bass"].model_copy(update={"patch": "reese_bass"})
    revised_score = score.model_copy(update={"parts": {**score.parts, "bass": bass}})
    bench.objects.put_bytes("scores/revised.json", revised_score.to_json(), "application/json")
    path = tmp_path / "bass.wav"
    files.write_float_wav(path, np.tanh(6 * stems["bass"]).astype(np.float32), RATE)
    dry = {**plain.production.stems, "bass": bench.objects.put_audio("stems/dry/reese.wav", path)}
    revises = Revises(version=1, revision="parent.json", from_stage="arrangement")
    options = plain.request.options.model_copy(update={"mix": one("flute", level_db=-3.0)})
    context = plain.model_copy(
        update={
            "mixing": None,
            "request": plain.request.model_copy(update={"revises": revises, "options": options}),
            "arrangement": plain.arrangement.model_copy(update={"score": bench.objects.find("scores/revised.json")}),
            "production": plain.production.model_copy(update={"stems": dry}),
        }
    )
    after = mix(context, bench)
    changed = {name for name, digest in digests(after).items() if digest != digests(plain)[name]}
    assert "bass" in changed <= {"bass", "return_room", "return_hall", "return_delay"}
