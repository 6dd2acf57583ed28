"""A catalog with mistakes is refused whole: every problem names file, line and remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import catalog
from catalog.loader import SHIPPED

Break = Callable[[str, str, str], list[str]]


@pytest.fixture
def broken(tmp_path: Path) -> Break:
    """Copy the catalog, change one text in one file, and return the problems the loader names."""
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))

    def change(name: str, old: str, new: str) -> list[str]:
        page = folder / name
        text = page.read_text(encoding="utf-8")
        assert old in text
        page.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(catalog.CatalogError) as refused:
            catalog.load(folder)
        return [str(problem) for problem in refused.value.problems]

    return change


def test_a_copy_without_mistakes_loads(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "catalog")

    assert catalog.load().version == catalog.load(tmp_path / "catalog").version


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "programs/job-counseling.yaml",
            "desk: intake",
            "desk: intake\ncolor: red",
            "programs/job-counseling.yaml:4: unknown key 'color'; remove it",
        ),
        (
            "programs/job-counseling.yaml",
            "desk: intake",
            "desk: reception",
            "programs/job-counseling.yaml:3: 'desk' holds an unknown word 'reception'; use one of 'intake'",
        ),
        (
            "programs/job-counseling.yaml",
            "{ko: 취업상담(초기상담), en: Job counseling (intake interview)}",
            "{en: Job counseling}",
            "programs/job-counseling.yaml:4: 'ko' is missing; add 'ko:'",
        ),
        (
            "programs/job-counseling.yaml",
            "code: registered,",
            "code: interviewed,",
            "programs/job-counseling.yaml:17: the milestone 'interviewed' stands here twice",
        ),
        ("programs/job-counseling.yaml", "source: office}", "source: nowhere}", "has no source 'nowhere'"),
        ("programs/job-counseling.yaml", "work: memory", "work: hearsay", "knows no work 'hearsay'"),
        (
            "programs/job-counseling.yaml",
            "work: memory, verified: false",
            "work: memory, verified: true",
            "'memory' is not the authority's own text; write 'verified: false'",
        ),
        ("programs/job-counseling.yaml", "code: job-counseling", "code: job-placement", "in another file too"),
        ("programs/job-counseling.yaml", "  main:", "  first:", "there is no lane 'main'"),
        ("programs/job-counseling.yaml", "valid_from: 2014-01-01", "valid_from: 2014-13-01", "write YYYY-MM-DD"),
        ("programs/job-counseling.yaml", "desk: intake", "desk: intake\ndesk: intake", "'desk' stands here twice"),
        ("programs/job-counseling.yaml", "  not_needed:", "  died:", "'died' stands in common.yaml too"),
        ("programs/job-counseling.yaml", "party: client", "party: [client", "not YAML"),
        ("agencies.yaml", "programs: [job-counseling,", "programs: [tea,", "there is no program 'tea'; mend the code"),
        ("agencies.yaml", "calendar: center", "calendar: lunar", "there is no calendar 'lunar'; use one of"),
        ("agencies.yaml", '"127.0.0.0/8"', '"10.0.0.0/8"', "a pretend agency may not live in 10.0.0.0/8"),
        ("agencies.yaml", "districts: [mapo]", "districts: [atlantis]", "there is no district 'atlantis'"),
        ("routing.yaml", "to: legal-aid", "to: legal-advice", "there is no agency 'legal-advice'; mend the code"),
        ("routing.yaml", "to: {kind: employer}", "to: {kind: court}", "takes employment-promotion-subsidy"),
        ("routing.yaml", "to: {kind: employer}", "to: {kind: employer, like: bankruptcy}", "a target is an agency"),
        ("routing.yaml", "programs: [bankruptcy]", "programs: [private-workout]", "no rule says where bankruptcy goes"),
        ("routing.yaml", "{fact: district, is: mapo}", "{fact: shoe_size, is: 40}", "there is no fact 'shoe_size'"),
        ("routing.yaml", "{fact: district, is: mapo}", "{fact: district}", "a fact needs exactly one test"),
        ("routing.yaml", "  placement-mapo:", "  placement-center:", "'placement-center' stands here twice"),
        (
            "parameters/median-income.yaml",
            "valid_to: 2017-12-31",
            "valid_to: 2018-12-31",
            "the period overlaps the one from 2017-01-01; end the earlier one the day before",
        ),
        ("parameters/percent-lines.yaml", "value: 75, ", "", "a period needs either 'value' or 'table'"),
        (
            "parameters/percent-lines.yaml",
            ", source: {work: memory, verified: false, note: from October 2022}",
            "",
            "'source' is missing; add 'source:'",
        ),
    ],
)
def test_each_mistake_is_named_with_its_remedy(broken: Break, name: str, old: str, new: str, expected: str) -> None:
    problems = broken(name, old, new)

    assert any(expected in problem for problem in problems), problems
    assert all(problem.split(":")[1].isdigit() and "; " in problem for problem in problems)


def test_rules_that_lead_in_a_circle_are_refused(broken: Break) -> None:
    rule = "programs: [individual-rehabilitation]\n    to: legal-aid"
    problems = broken("routing.yaml", rule, rule.replace("to: legal-aid", "to: {like: bankruptcy}"))

    assert any("lead back to it; break the circle" in problem for problem in problems)


def test_all_problems_are_named_at_once(broken: Break) -> None:
    problems = broken("programs/job-counseling.yaml", "desk: intake\nname:", "desk: hall\ncolor: red\nnom:")

    assert 4 == len(problems), problems


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(catalog.CatalogError, match=r"sources.yaml:1: the file is missing; put it back"):
        catalog.load(tmp_path)
