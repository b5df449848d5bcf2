"""`houseband check DIR`: verify a delivered folder again."""

import argparse

from contracts.report import Check
from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Check a folder. Returns 0 where everything passes and 3 otherwise."""
    from services.qa.folder import check_folder

    verdict = check_folder(arguments.dir)
    if arguments.json:
        print(verdict.model_dump_json())
    else:
        print_table(("check", "asked", "measured", "", "passed"), [_row(check) for check in verdict.checks])
    return 0 if verdict.passed else 3


def _row(check: Check) -> tuple[str, ...]:
    tolerance = f"± {check.tolerance:g}" if check.tolerance else check.relation.value.replace("_", " ")
    return (
        check.name,
        f"{_shown(check.asked)} {tolerance}",
        f"{_shown(check.measured)} {check.unit}",
        check.note or "",
        "yes" if check.passed else "NO",
    )


def _shown(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
