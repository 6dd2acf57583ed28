"""What the fault tests share: a stage of their own for each test, in a temporary folder."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: it kills real processes and takes its time."""
    for item in items:
        if "e2e/faults" in str(item.path):
            item.add_marker("faults")
            item.add_marker("slow")
