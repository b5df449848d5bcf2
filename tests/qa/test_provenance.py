"""provenance.json is bound to the files, says what a song was made of, and shows every change to itself."""

import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contracts.artifacts import Artifact
from contracts.context import Context, ProductionSection, Request, StemPlan
from contracts.edits import TempoEdit
from contracts.errors import BadInput
from contracts.pipeline import Stage
from contracts.revising import Revises
from services.qa.folder import check_provenance
from services.qa.provenance import build_provenance
from services.qa.signing import is_signed, read_signer

FILES = {"master.wav": b"sound", "song.mid": b"MThd"}


def pem(key) -> bytes:
    """A private key as openssl writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def reference(data: bytes, media_type: str = "audio/wav") -> Artifact:
    """The reference of stored bytes."""
    return Artifact(key="k", sha256=sha256(data).hexdigest(), bytes=len(data), media_type=media_type)


@pytest.fixture
def context() -> Context:
    """A revised song that leaned on a reference track and asked a language model."""
    plan = {
        "bass": StemPlan(part="bass", engine="sampled", instrument="bass_guitar", source="faust", digest="d" * 64, key="k", licence="MIT")
    }
    revises = Revises(version=2, revision="r", from_stage=Stage.ARRANGEMENT, told=("tempo 120 → 126",), edits=(TempoEdit(bpm=126),))
    request = Request(prompt="a song", seed=3, reference=reference(b"theirs"), revises=revises)
    artifacts = {name: reference(data) for name, data in FILES.items()}
    made = Context(composition_id="c1", job_id="j1", seq=9, created_at=1.0, request=request, artifacts=artifacts)
    made = made.model_copy(update={"production": ProductionSection(state="rendered", plan=plan)})
    return made.decide(Stage.IDEATION, "language model", "toy, 900 tokens", "asked", model="toy")


@pytest.fixture
def signer(tmp_path):
    """A signer from a key file."""
    path = tmp_path / "key.pem"
    path.write_bytes(pem(Ed25519PrivateKey.generate()))
    return read_signer(path)


@pytest.fixture
def folder(tmp_path, context, signer):
    """A delivered folder with its signed provenance."""
    where = tmp_path / "song"
    where.mkdir()
    for name, data in FILES.items():
        (where / name).write_bytes(data)
    (where / "provenance.json").write_bytes(build_provenance(context, signer).to_json())
    return where


def test_it_says_what_the_song_was_made_of(context):
    """Inputs with their hashes, the parent of a revision, the person's edit, engines with licences and the model that was asked."""
    document = build_provenance(context, None)
    first, second = (one.data for one in document.assertions if one.label.startswith("c2pa.ingredient"))
    assert (first["hash"], first["relationship"]) == (sha256(b"theirs").hexdigest(), "inputTo")
    assert (second["title"], second["relationship"]) == ("c1@2", "parentOf")
    actions = document.assertion("c2pa.actions.v2")["actions"]
    assert [one["action"] for one in actions][:3] == ["c2pa.opened", "c2pa.edited", "houseband.arranged"]
    assert document.assertion("houseband.engines")["bass"]["licence"] == "MIT"
    assert document.assertion("houseband.models")["asked"][0]["model"] == "toy"


def test_a_whole_folder_is_proved(folder, signer):
    """Claim, assertions, files and signature agree; the check names the key."""
    check = check_provenance(folder)
    assert check.passed
    assert check.note == f"signed by {signer.sign(b'').kid}"


def change_assertion(document):
    """Another licence."""
    document["assertions"][2]["data"]["format"] = "audio/flac"


def change_claim(document):
    """Another title."""
    document["claim"]["title"] = "Mine"


def drop_assertion(document):
    """One statement less."""
    del document["assertions"][0]


def other_key(document):
    """Somebody else's name on the signature."""
    document["signature"]["kid"] = "x"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_assertion, "c2pa.ingredient.v3__1"),
        (change_claim, "signature"),
        (drop_assertion, "c2pa.actions.v2"),
        (other_key, "signature"),
    ],
)
def test_every_change_shows(folder, change, told):
    """Whoever changes a statement, the claim or the signature is found out by name."""
    path = folder / "provenance.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    check = check_provenance(folder)
    assert not check.passed
    assert told in check.note


def test_an_exchanged_file_shows(folder):
    """A master that is not the one that was claimed fails the check."""
    (folder / "master.wav").write_bytes(b"other sound")
    assert check_provenance(folder).note == "altered: master.wav"


def test_a_signature_holds_for_its_own_claim_only(context, signer):
    """The same key's signature of another claim is none of this one."""
    document = build_provenance(context, signer)
    assert is_signed(document.signature, document.claim.signed_bytes())
    assert not is_signed(document.signature, document.claim.model_copy(update={"title": "y"}).signed_bytes())


@pytest.mark.parametrize("data", [b"", b"not a key", pem(generate_private_key(SECP256R1()))])
def test_a_key_that_is_none_is_told(tmp_path, data):
    """An unreadable key or one of another kind names the setting and what is allowed."""
    path = tmp_path / "key.pem"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"HOUSEBAND_PROVENANCE_KEY.*Ed25519"):
        read_signer(path)
