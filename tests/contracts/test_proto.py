"""The generated code of the gRPC service is that of its contract."""

from pathlib import Path

from services.gateway.grpc.generate import GENERATED, ROOT, generate


def test_the_generated_code_is_that_of_the_contract(tmp_path: Path) -> None:
    """What `make proto` writes is what is committed: nobody has edited it, and no change of the contract was forgotten."""
    assert generate(tmp_path) == 0
    for name in GENERATED:
        assert (tmp_path / "contracts" / name).read_bytes() == (ROOT / "contracts" / name).read_bytes(), f"make proto: {name} is another"
