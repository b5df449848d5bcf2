"""Each service's process is light: its app alone imports none of the heavy libraries, and nothing of the other services."""

import subprocess
import sys

import pytest

SOUND = {"numpy", "scipy", "librosa", "numba", "pedalboard", "dawdreamer", "matplotlib", "pyloudnorm", "torch", "soundfile"}
OTHERS = {"boto3", "openai", "fastapi", "sqlalchemy", "alembic", "grpc"}
WORKERS = ("enhancer", "analyzer", "generator", "mixer", "qa")
LOADED = """
import sys
import services.{name}.app as app
app.service().app()
names = [name.split(".") for name in sys.modules]
print(*sorted({{name[0] for name in names}} | {{".".join(name[:2]) for name in names if name[0] == "services" and len(name) > 1}}))
"""


@pytest.fixture(scope="module", params=WORKERS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[str]]:
    """A service and the top-level modules that its built application has imported, nothing connected yet."""
    store = tmp_path_factory.mktemp("store")
    program = LOADED.format(name=request.param)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PATH": "", "HOUSEBAND_STORE": f"file://{store}"}
    )
    return request.param, set(done.stdout.split())


def test_no_heavy_library_is_loaded(loaded: tuple[str, set[str]]) -> None:
    """What makes sound is loaded in the worker process alone, so that the parent starts fast and always answers."""
    assert loaded[1] & (SOUND | OTHERS) == set()


def test_no_other_service_is_loaded(loaded: tuple[str, set[str]]) -> None:
    """Each service can be installed without the others."""
    name, modules = loaded
    assert {module for module in modules if module.startswith("services.")} <= {"services.runtime", f"services.{name}"}
