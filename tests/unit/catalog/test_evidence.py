"""The kinds of papers: what the shipped ones say, and that each mistake is named with its line."""

import shutil
from pathlib import Path

import pytest

import catalog

SHIPPED = Path(catalog.__file__).parent


def test_every_kind_is_named_in_both_languages_and_says_whether_it_was_read() -> None:
    kinds = catalog.load().evidence

    assert {"medical_certificate", "income_statement"} <= kinds.keys()
    for kind in kinds.values():
        assert kind.label.ko
        assert kind.label.en
        assert kind.source.note
        assert not kind.source.verified


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("valid: {months: 3}", "valid: {months: -3}", "it is no number of days or months; write {months: 3}"),
        ("valid: {months: 3}", "valid: {hours: 3}", "it is no number of days or months; write {months: 3}"),
        ("copay-relief]", "soup]", "there is no program 'soup'"),
        ("work: memory", "work: hearsay", "sources.yaml knows no work 'hearsay'"),
        ("verified: false", "verified: true", "is not the authority's own text"),
        ("valid: {months: 3}", "valid: {months: 3}\n    file: x", "unknown key 'file'"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    page = folder / "evidence.yaml"
    written = page.read_text(encoding="utf-8")
    assert old in written
    page.write_text(written.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(catalog.CatalogError) as refused:
        catalog.load(folder)

    problems = [str(problem) for problem in refused.value.problems]
    assert any(problem.startswith("evidence.yaml:") and expected in problem for problem in problems), problems
