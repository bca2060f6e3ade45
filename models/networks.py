"""A country's mobile networks: the codes that gateways send, and what people call them."""

import csv
from pathlib import Path

from models.reference_data import KENYA

OTHER = "other"
"""What a code is counted as that is not known."""


def networks(folder: Path = KENYA) -> dict[str, str]:
    """Read the names of the networks by their codes; none where nobody listed them.

    Args:
        folder: the country's reference data.
    """
    file = folder / "networks.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}
