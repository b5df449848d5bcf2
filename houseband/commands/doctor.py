"""`houseband doctor`: what is missing on this machine, and how to get it."""

import argparse
import ctypes.util
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from contracts.errors import BadInput, Unavailable
from houseband.home import Home
from houseband.launcher import find_broker
from houseband.tables import print_table

NEEDED_FREE_BYTES = 2 * 10**9
NEEDED_MEMORY_BYTES = 4 * 10**9
PACKAGES = ("faststream", "nats", "fastapi", "sqlalchemy", "boto3", "librosa", "pedalboard", "pyloudnorm", "dawdreamer", "tinysoundfont")
SOUNDS = "as root: apt-get install libfluidsynth3 musescore-general-soundfont fluid-soundfont-gm libgl1 libglib2.0-0"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `needed` says whether a song can be made without it."""

    what: str
    found: str
    ok: bool
    needed: bool
    remedy: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Look at everything. Returns 0 where a song can be made, 4 where a needed part is missing."""
    findings = list(examine())
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        print_table(
            ("part", "found", "", "what to do"),
            [(f.what, f.found, "ok" if f.ok else "MISSING" if f.needed else "optional", "" if f.ok else f.remedy) for f in findings],
        )
    return 0 if all(f.ok for f in findings if f.needed) else 4


def examine() -> Iterator[Finding]:
    """All findings."""
    version = sys.version.split()[0]
    yield Finding("python", version, sys.version_info >= (3, 11), needed=True, remedy="install Python 3.11 or newer")
    for name in PACKAGES:
        present = importlib.util.find_spec(name) is not None
        yield Finding(f"package {name}", "yes" if present else "no", present, needed=True, remedy="make song sets it up")
    yield _broker()
    yield _home()
    yield _synthesizers()
    yield from _sounds()
    yield _own_packs()
    yield from _own_sounds()
    from services.analyzer.separation import REPO, demucs_lacks

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding("memory", f"{memory / 1e9:.1f} GB", memory >= NEEDED_MEMORY_BYTES, needed=False, remedy="4 GB for a two-minute song")
    model = os.environ.get("HOUSEBAND_LLM_BASE_URL", "")
    lacks = demucs_lacks()
    yield Finding(
        "Demucs for stems of references", lacks or "yes", not lacks, needed=False, remedy=f"pip install torch demucs; weights in {REPO}"
    )
    yield Finding("language model", model or "none", bool(model), needed=False, remedy="set HOUSEBAND_LLM_BASE_URL for --enhance llm")


def _broker() -> Finding:
    try:
        binary = find_broker()
        shown = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (Unavailable, OSError, subprocess.SubprocessError) as error:
        return Finding("nats-server", "no", ok=False, needed=True, remedy=str(error))
    return Finding("nats-server", shown, ok=True, needed=True)


def _home() -> Finding:
    try:
        home = Home.find()
    except Unavailable as error:
        return Finding("data folder", "no", ok=False, needed=True, remedy=str(error))
    free = shutil.disk_usage(home.root).free
    remedy = "free 2 GB, or set HOUSEBAND_HOME to a larger disk"
    return Finding("data folder", f"{home.root}, {free / 1e9:.1f} GB free", free >= NEEDED_FREE_BYTES, needed=True, remedy=remedy)


def _own_packs() -> Finding:
    """Genre packs of the user's own, in the folders of HOUSEBAND_PACKS."""
    from services.music.packs.genres import use_packs
    from services.runtime.packs import pack_folders

    try:
        own = use_packs(pack_folders())
    except BadInput as error:
        return Finding("packs of your own", "not readable", ok=False, needed=True, remedy=str(error))
    shown = ", ".join(f"{pack.id}{' in place of ours' * pack.overrides} ({pack.path})" for pack in own)
    return Finding("packs of your own", shown or "none", ok=True, needed=False, remedy="docs/packs.md says how to write one")


def _own_sounds() -> Iterator[Finding]:
    """Who plays instruments of the user's own, and the packs in the folders of HOUSEBAND_SOUNDS."""
    from services.generator.production.own import bound_by_packs
    from services.runtime.sound_folders import sound_places

    for what, module, version in (("SFZ instruments", "pysfizz", "0.1.3"), ("VST3 instruments and effects", "pedalboard", "0.9.16")):
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False, timeout=60)
        said = f"{module} loads" if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2]
        yield Finding(what, said, done.returncode == 0, needed=False, remedy=f"pip install {module}=={version}")
    try:
        bound = bound_by_packs(sound_places().packs)
    except BadInput as error:
        yield Finding("sounds of your own", "not readable", ok=False, needed=True, remedy=str(error))
        return
    shown = ", ".join(f"{name}: {own.label}" for name, own in bound.items())
    folders = ", ".join(map(str, sound_places().packs))
    found = shown or (f"no packs in {folders}" if folders else "none")
    yield Finding("sounds of your own", found, ok=True, needed=False, remedy="docs/sounds.md says how to bring them")


def _synthesizers() -> Finding:
    """DawDreamer links to libGL and GLib, which a minimal system lacks."""
    done = subprocess.run([sys.executable, "-c", "import dawdreamer"], capture_output=True, text=True, check=False, timeout=60)
    ok = done.returncode == 0
    said = "loads" if ok else done.stderr.strip().rpartition("\n")[2]
    return Finding("Faust synthesizers", said, ok, needed=False, remedy=SOUNDS)


def _sounds() -> Iterator[Finding]:
    library = ctypes.util.find_library("fluidsynth")
    yield Finding("FluidSynth", library or "no", library is not None, needed=False, remedy=SOUNDS)
    for name, path in (
        ("MuseScore_General", "/usr/share/sounds/sf3/MuseScore_General.sf3"),
        ("FluidR3_GM", "/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    ):
        present = os.path.exists(path)  # noqa: PTH110  a look, not a path to work with
        yield Finding(f"soundfont {name}", path if present else "no", present, needed=False, remedy=SOUNDS)
