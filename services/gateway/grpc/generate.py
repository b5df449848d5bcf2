"""Writes the Python code of contracts/studio.proto beside it: `python -m services.gateway.grpc.generate` (`make proto`)."""

import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONTRACT = "contracts/studio.proto"
GENERATED = ("studio_pb2.py", "studio_pb2.pyi", "studio_pb2_grpc.py")


def generate(folder: Path) -> int:
    """Write the code under `folder`; protoc's exit code. The compiler is a dependency of development alone."""
    outputs = [f"--{kind}_out={folder}" for kind in ("python", "pyi", "grpc_python")]
    known = files("grpc_tools") / "_proto"  # google/protobuf/*.proto
    code: int = import_module("grpc_tools.protoc").main(["protoc", f"-I{ROOT}", f"-I{known}", *outputs, str(ROOT / CONTRACT)])
    return code


if __name__ == "__main__":
    sys.exit(generate(ROOT))
