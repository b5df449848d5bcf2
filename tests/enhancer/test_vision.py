"""A picture seen by a model: what is sent of it, what is believed of the answer, and that it stays measured where the model fails."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from contracts.context import AnalysisSection, Context, Options, Request
from contracts.features import PictureFeatures
from services.enhancer.model import asking
from services.enhancer.model.cache import Answers
from services.enhancer.model.line import line
from services.enhancer.model.settings import LlmSettings
from services.enhancer.model.vision import look
from services.enhancer.work import ideate
from services.runtime.workbench import Objects, Workbench
from tests.model_server import Model, answers, fails, model_server, suggestion

MEASURED = PictureFeatures(
    width_px=900, height_px=600, brightness=0.5, contrast=0.2, colourfulness=0.3, warmth=0.1, texture=0.2, valence=0.5, energy=0.4,
    tempo_bpm=96, moods=("relaxed",), genres=("pop",), text="mostly grey",
)  # fmt: skip
SEEN = {
    "text": "A harbour\x00 at night <b>in rain</b>", "moods": ["melancholic", "zzqx", "dreamy"], "genres": ["ambient", "polka"],
    "tempo_bpm": 68,
    "valence": 0.25, "energy": 7, "mode": "minor", "timbre": ["reverberant", "cello", "rm -rf"], "confidence": 0.8,
}  # fmt: skip


@pytest.fixture
def model() -> Iterator[Model]:
    asking._known.clear()
    with model_server() as server:
        yield server.plays(answers(SEEN))
    line.close()


def _photo(kind: str = "JPEG", size: tuple[int, int] = (3000, 2000), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, (20, 40, 90)).save(out, kind, **more)
    return out.getvalue()


def _settings(model: Model, **more: Any) -> LlmSettings:
    return LlmSettings(**{"base_url": model.url, "vision_model": "eyes", "timeout_s": 60.0, "first_delay_s": 0.01, **more})


def test_a_small_copy_without_metadata_is_sent(model: Model) -> None:
    """What leaves the machine is a JPEG of at most 768 pixels a side, without the photo's place, camera and comment."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a secret place", 6
    look(_photo(exif=exif, comment=b"another secret"), MEASURED, _settings(model), Answers())
    content = model.requests[0]["messages"][1]["content"]
    sent = base64.b64decode(content[1]["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(sent)) as small:
        assert (small.format, small.size) == ("JPEG", (512, 768)), "turned upright"
        assert not small.getexif()
    assert b"secret" not in sent
    assert model.requests[0]["model"] == "eyes"


@pytest.mark.parametrize(("kind", "size"), [("PNG", (900, 600)), ("WEBP", (64, 64)), ("GIF", (1, 1))])
def test_what_can_be_is_taken_of_the_answer(model: Model, kind: str, size: tuple[int, int]) -> None:
    """Known moods, genres and words of sound and values in range replace the measured ones; the colours stay measured."""
    seen = look(_photo(kind, size), MEASURED, _settings(model), Answers()).picture
    assert (seen.moods, seen.genres, seen.tempo_bpm, seen.valence) == (("melancholic", "dreamy"), ("ambient",), 68, 0.25)
    assert (seen.energy, seen.mode, seen.timbre, seen.seen_by, seen.confidence) == (0.4, "minor", ("reverberant", "cello"), "eyes", 0.8)
    assert (seen.brightness, seen.width_px) == (MEASURED.brightness, MEASURED.width_px)
    assert "\x00" not in seen.text


@pytest.mark.parametrize("behaviour", [fails(500), answers("I see a dog."), answers(None, refusal="no")])
def test_where_the_model_fails_the_picture_stays_measured(model: Model, behaviour: Any) -> None:
    """A note says why, and the measured features stand."""
    model.plays(behaviour)
    looked = look(_photo(size=(40, 40)), MEASURED, _settings(model, retries=0), Answers())
    assert looked.picture == MEASURED
    assert "only measured" in looked.note


def test_nothing_is_sent_without_a_vision_model_or_of_what_is_no_picture(model: Model, store: Objects) -> None:
    """No vision model, no question; a file that cannot be made small is not sent; one picture is one question."""
    assert look(_photo(size=(40, 40)), MEASURED, _settings(model, vision_model=None), Answers()).picture == MEASURED
    assert "could not be made small" in look(b"\x89PNG nothing", MEASURED, _settings(model), Answers()).note
    assert model.requests == []
    for _ in range(2):
        look(_photo(size=(40, 40)), MEASURED, _settings(model), Answers(store))
    assert len(model.requests) == 1


@pytest.mark.parametrize(("enhance", "asked"), [("llm", 2), ("offline", 0), ("off", 0)])
def test_a_job_lets_it_look_only_where_a_model_may_read(
    model: Model, store: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enhance: str, asked: int
) -> None:
    """With `llm` the picture is looked at and the brief follows what was seen; otherwise nothing leaves the machine. It is on record."""
    for name, value in (("BASE_URL", model.url), ("VISION_MODEL", "eyes"), ("MODEL", "tiny"), ("API_KEY", "sk-hidden-42")):
        monkeypatch.setenv(f"HOUSEBAND_LLM_{name}", value)
    model.plays(answers(SEEN), answers(suggestion()))
    image = store.put_bytes("c/image", _photo(size=(90, 60)), "image/jpeg")
    options = Options.model_validate({"enhance": enhance})
    request = Request(prompt="music for this picture", seed=1, options=options, image=image)
    context = Context(composition_id="c", job_id="j", seq=1, created_at=0.0, request=request, analysis=AnalysisSection(picture=MEASURED))
    done = ideate(context, Workbench(objects=store, scratch=tmp_path, progress=lambda *_: None))
    assert len(model.requests) == asked
    assert done.analysis is not None
    assert done.analysis.picture is not None
    assert done.analysis.picture.seen_by == ("eyes" if asked else "measured")
    accounts = {one.topic: one.parameters for one in done.ai_decisions if one.topic.endswith(" model")}
    assert set(accounts) == ({"vision model", "language model"} if asked else set())
    assert all(one["prompt_tokens"] == 1200 for one in accounts.values())
    if asked:
        assert done.ideation is not None
        assert done.ideation.brief.genres.value == ("ambient",)
    assert "sk-hidden-42" not in done.to_json().decode()
    assert json.loads(done.to_json())
