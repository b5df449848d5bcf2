#!/usr/bin/env python3
"""Set up what is missing, with nothing but Python 3.11's standard library: virtual environment, locked packages, sound parts.

Usage: python3 infra/setup.py EXTRA     (local: to make songs; dev: to run the tests as well; separation: Demucs as well)
Does nothing where the locks have not changed since the last time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("HOUSEBAND_VENV") or ROOT / ".venv")
LOCKS = ROOT / "infra" / "locks"
# The last two are what DawDreamer's wheel links to; a desktop has them, a minimal Debian does not.
DEBIAN_PACKAGES = ("libfluidsynth3", "musescore-general-soundfont", "fluid-soundfont-gm", "libgl1", "libglib2.0-0")
SOUNDFONTS = (Path("/usr/share/sounds/sf3/MuseScore_General.sf3"), Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))


def say(text: str) -> None:
    """One line of progress on stderr."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def run(*command: str, env: dict[str, str] | None = None) -> bool:
    """Run a program, its output on stderr."""
    return subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=env, check=False).returncode == 0


def quietly(log: Path, *command: str, env: dict[str, str]) -> bool:
    """Run a program, its output in a file."""
    with log.open("a") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, check=False)
    return done.returncode == 0


def _loads(module: str) -> bool:
    """Whether a package of the environment finds the system libraries that it links to."""
    command = [str(VENV / "bin" / "python"), "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0


def stop(text: str) -> None:
    """End with what is wrong and what to do."""
    say(text)
    sys.exit(4)


def make_environment(extra: str) -> None:
    """The virtual environment with the extra's lock, the packages without dependencies, and this project."""
    locks = [LOCKS / f"{extra}.txt", LOCKS / "nodeps.txt", ROOT / "pyproject.toml"]
    wanted = hashlib.sha256(b"\0".join([sys.version.encode(), *(lock.read_bytes() for lock in locks)])).hexdigest()
    stamp = VENV / f".houseband-{extra}"
    covered = [stamp, VENV / ".houseband-dev"] if extra == "local" else [stamp]
    if any(one.exists() and one.read_text() == (wanted if one == stamp else _dev_stamp()) for one in covered):
        return
    python = VENV / "bin" / "python"
    if not python.exists():
        say(f"making a virtual environment in {VENV}")
        if not run(sys.executable, "-m", "venv", str(VENV)):
            stop("could not make a virtual environment; on Debian: apt-get install python3-venv")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    say(f"installing the packages of infra/locks/{extra}.txt (a minute or two, once)")
    ok = (
        run(*pip, "--require-hashes", "--no-deps", "-r", str(locks[0]))
        and run(*pip, "--require-hashes", "--no-deps", "-r", str(locks[1]))
        and run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    )
    if not ok:
        stop("pip could not install the packages; see its message above, and check that a package index can be reached")
    stamp.write_text(wanted)


def _dev_stamp() -> str:
    locks = [LOCKS / "dev.txt", LOCKS / "nodeps.txt", ROOT / "pyproject.toml"]
    return hashlib.sha256(b"\0".join([sys.version.encode(), *(lock.read_bytes() for lock in locks)])).hexdigest()


def start_compiling_ears() -> subprocess.Popen[bytes] | None:
    """Let librosa be compiled (half a minute of one core, once) beside the other steps, so that no reference waits for it."""
    stamp = VENV / ".houseband-ears"
    if stamp.exists() and stamp.stat().st_mtime >= max(lock.stat().st_mtime for lock in VENV.glob(".houseband-[ld]*")):
        return None
    say("compiling what hears references, once")
    code = f"from services.analyzer.work import warm_up; warm_up(); open({str(stamp)!r}, 'w').close()"
    return subprocess.Popen([str(VENV / "bin" / "python"), "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def install_sounds() -> None:
    """Debian's FluidSynth and soundfonts where we may install them; else the sounds that came with pip, with a notice."""
    missing = [] if all(font.exists() for font in SOUNDFONTS) else ["sampled instruments"]
    if not _loads("dawdreamer"):
        missing.append("synthesizers")
    if not missing:
        return
    notice = VENV / ".houseband-sounds"
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may_install = (
        not os.environ.get("HOUSEBAND_NO_APT")
        and shutil.which("apt-get")
        and (not sudo or (shutil.which("sudo") and run("sudo", "-n", "true")))
    )
    if may_install:
        say(f"installing {', '.join(DEBIAN_PACKAGES)} (200 MB, once)")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        get = [*sudo, "apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0"]
        log = VENV / "apt.log"
        install = [*get, "install", "--no-install-recommends", *DEBIAN_PACKAGES]
        if quietly(log, *get, "update", env=env) and quietly(log, *install, env=env):
            return
        say(f"apt-get failed; its words are in {log}")
    if not notice.exists():
        say(f"NOTICE: {' and '.join(missing)} will play from the small soundfont that came with pip (TimGM6mb).")
        say(f"        For the full sound, as root: apt-get install {' '.join(DEBIAN_PACKAGES)}")
        notice.write_text("told\n")


def install_separation(*, however_large: bool) -> None:
    """Torch and Demucs beside what is there, by the pins of their lock. Where pip would fetch gigabytes for a GPU: only when asked."""
    lock, stamp = LOCKS / "separation.pins", VENV / ".houseband-separation"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    wanted = ["-c", str(lock), *(line for line in lock.read_text().splitlines() if line.startswith(("torch==", "demucs==")))]
    planned = subprocess.run(
        [*pip, "--dry-run", "--report", "-", *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    try:
        names = [one["metadata"]["name"] for one in json.loads(planned.stdout)["install"]]
    except (ValueError, KeyError):
        names = None
    large = names is None or any(name.startswith(("nvidia", "triton")) for name in names)
    if large and not however_large:
        say("NOTICE: torch for the CPU is not on offer here; the tests of Demucs are skipped. To install it anyway (several GB):")
        say("        python3 infra/setup.py separation")
        return
    say("installing torch and Demucs, which separate the stems of a reference (a minute, once)")
    if run(*pip, *wanted):
        stamp.write_text(lock.read_text())
    elif however_large:
        stop("pip could not install torch and Demucs; see its message above")
    else:
        say("NOTICE: torch and Demucs could not be installed; their tests are skipped")


def main() -> None:
    """Check Python, then set up."""
    if sys.version_info < (3, 11):
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    extra = sys.argv[1] if len(sys.argv) > 1 else "local"
    make_environment("local" if extra == "separation" else extra)
    if extra in ("dev", "separation"):
        install_separation(however_large=extra == "separation")
    ears = start_compiling_ears()
    install_sounds()
    if ears:
        ears.wait()


if __name__ == "__main__":
    main()
