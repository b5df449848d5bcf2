"""A revised song whose single drums were moved: the fader of their stem stands where it stood, and the other drums stay as loud."""

import numpy as np
import pytest

from contracts.revising import Revises
from contracts.sound import Bell, ChannelEdit, MixEdits
from services.mixer import files
from services.mixer.mixing.work import mix
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import RATE, make_context, make_score, make_stems

UNEDITED = ChannelEdit()
BOOSTED = ChannelEdit(level_db=-4.0, eq=(Bell(hz=4000.0, db=12.0, q=0.7, shape="high_shelf"),))


def revised(bench, parent, name, score, stems, edit):
    """The parent's song with another score and other drums, mixed with the same edit of the drums."""
    bench.objects.put_bytes(f"{name}-parent.json", parent.to_json(), "application/json")
    bench.objects.put_bytes(f"scores/{name}.json", score.to_json(), "application/json")
    path = bench.scratch / f"{name}.wav"
    files.write_float_wav(path, stems["drums"], RATE)
    dry = {**parent.production.stems, "drums": bench.objects.put_audio(f"stems/dry/{name}.wav", path)}
    revises = Revises(version=1, revision=f"{name}-parent.json", from_stage="arrangement")
    options = parent.request.options.model_copy(update={"mix": MixEdits(channels={"drums": edit})})
    return mix(
        parent.model_copy(
            update={
                "mixing": None,
                "request": parent.request.model_copy(update={"revises": revises, "options": options}),
                "arrangement": parent.arrangement.model_copy(update={"score": bench.objects.find(f"scores/{name}.json")}),
                "production": parent.production.model_copy(update={"stems": dry}),
            }
        ),
        bench,
    )


@pytest.mark.parametrize("edit", [UNEDITED, BOOSTED], ids=["decided", "edited"])
def test_the_other_drums_stay_as_loud_as_they_were(tmp_path, edit):
    """The drums of two bars all but gone, with and without an edit of the channel: two bars later they sound as they did before."""
    bench = Workbench(FileStore(tmp_path / "store", sync=False), tmp_path, lambda *_: None)
    score, stems = make_score(4), {name: audio for name, audio in make_stems(10.0).items() if name in ("drums", "melody")}
    context = make_context(bench, score, stems)
    options = context.request.options.model_copy(update={"mix": MixEdits(channels={"drums": edit})})
    parent = mix(context.model_copy(update={"request": context.request.model_copy(update={"options": options})}), bench)
    drums = score.parts["drums"].model_copy(update={"controls": {"kick_db": ((0, -24.0), (7680, 0.0))}})
    moved = score.model_copy(update={"parts": {**score.parts, "drums": drums}})
    softer = np.where(np.arange(stems["drums"].shape[1]) < 4 * RATE, np.float32(0.05), np.float32(1.0)) * stems["drums"]
    after = revised(bench, parent, "moved", moved, {"drums": softer}, edit)

    def heard(context):
        audio = files.read_audio(bench.objects.local_path(context.mixing.stems["drums"]))[0]
        return audio[:, 6 * RATE : 8 * RATE]

    assert np.abs(heard(after) - heard(parent)).max() < 1e-3 * np.abs(heard(parent)).max()
