"""The command line. Exit codes: 0 made and passed, 2 bad input, 3 a check failed, 4 a part is unavailable, 130 stopped."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from contracts.errors import BadInput, HousebandError
from contracts.pipeline import SERVICES, Stage
from contracts.sound import EDITIONS, LOUDNESS_TARGETS
from houseband.showing import plain

OK, BAD_INPUT, CHECK_FAILED, UNAVAILABLE, STOPPED = 0, 2, 3, 4, 130
READS_PACKS = ("make", "brief", "catalog", "up")
CATALOGS = ("genres", "moods", "instruments", "effects", "providers")


class _Parser(argparse.ArgumentParser):
    """Argparse whose errors look like ours."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"houseband: {plain(message)}\nTry: {self.prog} --help", file=sys.stderr)
        raise SystemExit(BAD_INPUT)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="houseband", description="A finished, measured record from a sentence, with full control of it.")
    parser.add_argument("--version", action="version", version=f"houseband {version('houseband')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    make = commands.add_parser("make", help="make a song from a sentence")
    _add_request(make, again=True)
    make.add_argument("--out", type=Path, metavar="DIR", help="the folder to write (default: songs/<prompt>-<seed>)")
    make.add_argument("--seed", type=int, metavar="N", help="same inputs and seed, same bytes (default: a new one)")
    make.add_argument("--server", metavar="URL", help="use this gateway instead of a house of one's own")
    make.add_argument("--json", action="store_true", help="one JSON object on stdout")
    make.add_argument("--quiet", action="store_true", help="no progress")
    make.add_argument(
        "--listen", metavar="FILE|-", help="write a draft of the beginning while the song is made: FILE.mp3, FILE.wav, - (MP3)"
    )
    brief = commands.add_parser("brief", help="the brief it would play, with the reasons, without making anything")
    _add_request(brief)
    brief.add_argument("--seed", type=int, metavar="N", default=0)
    brief.add_argument("--json", action="store_true")
    analyze = commands.add_parser("analyze", help="what the ears hear in a sound file, or the theory of a MIDI file or score.json")
    analyze.add_argument("file", type=Path)
    analyze.add_argument("--json", action="store_true")
    analyze.add_argument("--midi", type=Path, metavar="OUT.mid", help="what its stems play, as a MIDI file")
    analyze.add_argument("--picture", type=Path, metavar="OUT.png", help="spectrogram with beats, sections and chords")
    analyze.add_argument(
        "--separate", choices=("auto", "demucs", "bands", "none"), help="how its stems are had; auto: Demucs where its weights are"
    )
    process = commands.add_parser("process", help="operations and effects on any sound file: trim, fade, eq, stretch, normalise ...")
    process.add_argument("source", type=Path, metavar="IN")
    process.add_argument("target", type=Path, metavar="OUT", help="its name says the coding: .wav, .flac, .mp3, .ogg")
    process.add_argument(
        "--do", action="append", default=[], metavar="NAME:parameter=value,…", help="in order; `houseband catalog effects` lists them"
    )
    process.add_argument("--ops", type=Path, metavar="FILE.json", help='[{"effect": NAME, "parameters": {…}}, …], done before --do')
    process.add_argument("--json", action="store_true")
    check = commands.add_parser("check", help="verify a delivered folder again: hashes, loudness, peaks, null test, tempo, key")
    check.add_argument("dir", type=Path)
    check.add_argument("--json", action="store_true")
    show = commands.add_parser("show", help="the score of a delivered folder as readable text")
    show.add_argument("dir", type=Path)
    show.add_argument("--mix", action="store_true", help="the mix in place of the score: a sheet to edit and to give to make --mix")
    _add_revise(commands)
    _add_taste(commands)
    _add_keys(commands)
    _add_watch(commands)
    catalog = commands.add_parser("catalog", help="what there is to choose from")
    catalog.add_argument("kind", choices=CATALOGS)
    catalog.add_argument("--json", action="store_true")
    up = commands.add_parser("up", help="everything on this machine, until stopped")
    up.add_argument("--port", type=int, default=8000)
    up.add_argument(
        "--grpc-port", type=int, metavar="PORT", help="serve gRPC here, too; 0: a free port (default: HOUSEBAND_GRPC_PORT, else none)"
    )
    serve = commands.add_parser("serve", help="one service, for containers")
    serve.add_argument("service", choices=SERVICES)
    provision = commands.add_parser("provision", help="create or update the streams and consumers of a broker")
    provision.add_argument("--nats-url", default=None, metavar="URL", help="default: HOUSEBAND_NATS_URL")
    doctor = commands.add_parser("doctor", help="what is missing on this machine and how to get it")
    doctor.add_argument("--json", action="store_true")
    return parser


def _add_revise(commands: "argparse._SubParsersAction[_Parser]") -> None:
    """A song changed, one thing at a time."""
    revise = commands.add_parser("revise", help="change one thing of a song, or go on with one that stopped early")
    revise.add_argument("song", metavar="DIR|COMPOSITION@VERSION", help="the folder of a song, or a version of the house or server")
    revise.add_argument("instruction", nargs="?", default="", help='such as "make the drums quieter in the second verse"')
    revise.add_argument("--from", dest="from_stage", choices=[stage.value for stage in Stage], help="make it again from here on")
    revise.add_argument("--patch", metavar="JSON|FILE", help='JSON merge patch of {"options", "brief", "score", "mix"}')
    revise.add_argument("--until", choices=[stage.value for stage in Stage], help="stop after this stage; revise it again to go on")
    revise.add_argument("--branch", metavar="NAME", help="where the new version is to lie (default: with the song, or beside it)")
    revise.add_argument("--out", type=Path, metavar="DIR", help="the folder to write (default: beside the song, with the version's number)")
    revise.add_argument("--server", metavar="URL", help="use this gateway instead of a house of one's own")
    revise.add_argument("--explain", action="store_true", help="say how the instruction is understood, and make nothing")
    revise.add_argument("--json", action="store_true", help="one JSON object on stdout")
    revise.add_argument("--quiet", action="store_true", help="no progress")


def _add_taste(commands: "argparse._SubParsersAction[_Parser]") -> None:
    """What the user likes: judged, told, forgotten."""
    rate = commands.add_parser("rate", help="judge a song: what is liked leans what later requests leave open")
    rate.add_argument("dir", type=Path, metavar="DIR")
    rate.add_argument("rating", type=int, choices=range(1, 6), metavar="1..5")
    prefer = commands.add_parser("prefer", help="say that one song is better than another")
    prefer.add_argument("dir", type=Path, metavar="DIR")
    prefer.add_argument("other", type=Path, metavar="OTHER")
    prefer.add_argument("--edit", action="store_true", help="OTHER was changed into DIR, as with make --again")
    taste = commands.add_parser("taste", help="what was learned from judgements, and how to forget it")
    taste.add_argument("--forget", action="store_true", help="forget what was learned, and the judgements")
    taste.add_argument("--export", type=Path, metavar="FILE.jsonl", help="write the judgements, a JSON document a line")
    for parser in (rate, prefer, taste):
        parser.add_argument("--server", metavar="URL", help="ask this gateway")
        parser.add_argument("--json", action="store_true")


def _add_keys(commands: "argparse._SubParsersAction[_Parser]") -> None:
    """Who may use a gateway: its API keys."""
    keys = commands.add_parser("keys", help="API keys of a gateway: make, list, change for a new one, revoke")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser)
    create = actions.add_parser("create", help="make a key; it is shown this once")
    create.add_argument("--user", required=True, metavar="NAME", help="whose it is")
    create.add_argument("--scopes", type=_names, default=["write"], metavar="read|write|admin", help="default: write, which holds read")
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument("--days", type=float, metavar="N", help="how long it is good (default: until it is revoked)")
    listed = actions.add_parser("list", help="the keys there are")
    listed.add_argument("--user", metavar="NAME", help="only theirs")
    rotate = actions.add_parser("rotate", help="a new key in the place of one")
    rotate.add_argument("key_id", metavar="ID")
    rotate.add_argument("--overlap", type=float, default=0.0, metavar="HOURS", help="how long the old one is still good")
    actions.add_parser("revoke", help="a key that is good for nothing from now on").add_argument("key_id", metavar="ID")
    for parser in actions.choices.values():
        parser.add_argument(
            "--database-url", metavar="URL", help="the gateway's database (default: HOUSEBAND_DATABASE_URL, or this machine's)"
        )
        parser.add_argument("--server", metavar="URL", help="ask this gateway, with an admin's key in HOUSEBAND_API_KEY")
        parser.add_argument("--json", action="store_true")


def _add_watch(commands: "argparse._SubParsersAction[_Parser]") -> None:
    """What a house is doing, and what it could not do."""
    jobs = commands.add_parser("jobs", help="what is being made: list, show, cancel")
    dead = commands.add_parser("dead", help="messages that no worker could finish: list, show, replay")
    for parser, acts, kind in ((jobs, ("list", "show", "cancel"), str), (dead, ("list", "show", "replay"), int)):
        actions = parser.add_subparsers(dest="act", metavar="|".join(acts), parser_class=_Parser)
        parser.set_defaults(act="list", status=[], limit=50, server=None, json=False)
        for act in acts:
            action = actions.add_parser(act)
            if act != "list":
                action.add_argument("id", type=kind, metavar="ID")
            elif parser is jobs:
                states = ("queued", "processing", "completed", "failed", "cancelled")
                action.add_argument("--status", action="append", choices=states, default=[], help="only these; more than once")
                action.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N (default: 50)")
        for one in (parser, *actions.choices.values()):
            one.add_argument(
                "--server", metavar="URL", default=argparse.SUPPRESS, help="ask this gateway (default: the house that is up here)"
            )
            one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _add_request(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """The options that a request may state: contracts.context.Options, and the files. None: not stated."""
    add = parser.add_argument
    if again:
        add(
            "--again",
            type=Path,
            metavar="DIR",
            help="make the song of this folder again: its prompt, seed and options, changed as stated; a revised one keeps its edits",
        )
    add("prompt", nargs="?", default="", help='such as "four-on-the-floor house with a dubstep bass, 124 bpm, F minor"')
    add("--duration", type=float, dest="duration_s", metavar="SECONDS", help="10 to 600")
    add("--bpm", type=float, metavar="N", help="beats that are felt per minute: dotted quarters in 6/8")
    add("--key", metavar='"F minor"')
    add("--meter", metavar="4/4")
    add("--genre", metavar="NAME")
    add("--mood", nargs="+", dest="moods", metavar="NAME", default=[])
    add("--instruments", type=_names, default=[], metavar="a,b", help="must play")
    add("--without", type=_names, default=[], metavar="a,b", help="must not play")
    add("--chords", metavar='"verse: Am F C G; chorus: F G Am Am"', help="one token per bar; [F G] shares a bar")
    add("--structure", metavar="intro:4,verse:8,chorus:8")
    add("--reference", type=Path, metavar="AUDIO", help="a recording to learn tempo, key, energy and tone from")
    add("--separate", choices=("auto", "demucs", "bands", "none"), help="how the stems of the reference are had")
    add("--midi", type=Path, metavar="FILE", help="a MIDI file to build on: its melody, chords, bass and drums are kept")
    add("--midi-as", choices=("auto", "melody", "chords", "drums"), help="what the MIDI file is taken for")
    add("--hum", type=Path, metavar="AUDIO", help="a hummed, whistled or played melody to build on")
    add("--taps", metavar='FILE|"0.0,0.5,…"', help="seconds at which a beat was tapped: tempo and groove")
    add(
        "--lyrics", type=Path, metavar="FILE", help="a text for the lead melody: a line per phrase, headings such as [Verse 1] and [Chorus]"
    )
    add("--base", type=Path, metavar="FILE", help="score.json of an earlier song to go on from")
    add("--resize", choices=("extend", "shorten", "continue"), help="what to do with --base (default: by --duration)")
    add("--ending", choices=("natural", "loop", "cut", "fade"), help="loop: the end runs into the beginning; cut: no ending")
    add("--image", type=Path, metavar="FILE", help="a picture that says the mood: PNG, JPEG, WebP or GIF")
    add("--energy", type=float, metavar="0..1")
    add("--valence", type=float, metavar="0..1")
    add("--enhance", choices=("offline", "llm", "off"), help="who reads the prompt; off: nobody, options and what is brought decide")
    add("--brief", type=Path, metavar="FILE", help="a brief of `houseband brief --json`, edited: it stands over prompt and options")
    add("--taste", choices=("use", "ignore"), help="whether what was learned from your judgements leans what is left open (default: use)")
    add("--license", choices=("any", "commercial"), help="commercial: only sounds that allow it without doubt")
    add("--target-lufs", type=_number_or_name, metavar="-14", help=f"LUFS, or {', '.join(LOUDNESS_TARGETS)}, reference")
    add("--ceiling", type=float, dest="ceiling_dbtp", metavar="-1.0", help="highest true peak, dBTP")
    add("--mix", type=Path, metavar="FILE", help="what to change in the mix, as `houseband show DIR --mix` writes it")
    add(
        "--sound",
        action="append",
        dest="sounds",
        default=[],
        metavar="NAME=FILE",
        help="an instrument of your own (SF2, SF3, SFZ, VST3) for a part, an instrument or a role; more than once",
    )
    add("--formats", type=_names, default=[], metavar="wav16@44100,flac,mp3_320,ogg", help="further files of the master")
    add("--editions", type=_names, default=[], metavar="a,b", help=f"further versions of the song: {', '.join(EDITIONS)}")
    add("--cover", type=Path, metavar="FILE", help="a picture for the files' tags, PNG or JPEG")
    add("--until", choices=[stage.value for stage in Stage if stage is not Stage.ANALYSIS], help="stop after this stage")
    add("--engine", metavar="auto|sampled|neural|PROVIDER")


def _number_or_name(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _use_own_packs() -> None:
    """The user's packs, told at once where one cannot be read: what starts from here finds them in the same folders."""
    from services.music.packs.genres import use_packs
    from services.runtime.packs import pack_folders
    from services.runtime.sound_folders import sound_places

    use_packs(pack_folders())
    if folders := sound_places().packs:
        from services.generator.production.own import bound_by_packs

        bound_by_packs(folders)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; every failure a user can cause is told in one line."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command in READS_PACKS:
            _use_own_packs()
        module = importlib.import_module(f"houseband.commands.{arguments.command}")
        code: int = module.run(arguments)
    except BadInput as error:
        print(f"houseband: {plain(error)}", file=sys.stderr)
        return BAD_INPUT
    except HousebandError as error:
        print(f"houseband: {plain(error)}", file=sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        print("houseband: stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # Whoever read us left; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STOPPED
    except OSError as error:
        print(f"houseband: {plain(error.filename or 'this machine')}: {error.strerror or plain(error)}", file=sys.stderr)
        return UNAVAILABLE
    return code
