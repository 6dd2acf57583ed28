"""What is done about each deadline: every one is looked after or left alone for a reason, and mistakes are named."""

import shutil
from pathlib import Path
from typing import get_args

import pytest

import catalog
from catalog.follow_ups import LooksAfter
from catalog.loader import SHIPPED
from models.vocabulary import BY_AGENDA


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def test_every_deadline_is_looked_after_or_left_alone_for_a_reason(known: catalog.Catalog) -> None:
    assert len(known.deadlines) > 70
    for deadline in known.deadlines:
        plan = known.follow_ups[deadline.code]
        assert (plan.follow_up is None) == (plan.never is not None and not plan.programs)


def test_courts_and_law_made_dates_are_never_chased(known: catalog.Catalog) -> None:
    mirrored = [deadline.code for deadline in known.deadlines if deadline.informational]

    assert len(mirrored) > 8
    assert all(known.follow_ups[code].never for code in mirrored)


def test_who_looks_after_them_are_the_follow_ups_that_go_by_the_agenda() -> None:
    assert {follow_up.value for follow_up in BY_AGENDA} == set(get_args(LooksAfter))


def test_a_program_may_have_a_course_of_its_own(known: catalog.Catalog) -> None:
    plan = known.follow_ups["D35-answer"]

    assert "expire" == plan.course_of("financial-counseling").steps[-1].does
    assert "supervisor" == plan.course_of("individual-rehabilitation").steps[-1].does
    assert known.follow_ups["D35-reply"].course_of("bankruptcy").never


def test_a_crisis_is_chased_in_hours_and_never_given_up(known: catalog.Catalog) -> None:
    for code in ("D04", "D05", "D35-answer-urgent"):
        steps = known.follow_ups[code].steps
        assert ["due", 4, 8] == [step.at or (step.after and step.after.hours) for step in steps]
        assert "expire" not in {step.does for step in steps}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  D03: *decision\n", "", "nothing says what is done about D03; add 'D03:' with its steps"),
        ("  D03: *decision", "  D99: *decision", "there is no deadline 'D99'; mend the code"),
        ("follow_up: overdue", "follow_up: sometimes", "'follow_up' holds an unknown word 'sometimes'; use one of"),
        ("{at: due, does: remind}", "{at: due, does: shout}", "'does' holds an unknown word 'shout'; use one of"),
        ("{at: due, does: remind}", "{at: due, does: remind, soon: true}", "unknown key 'soon'; remove it"),
        ("{at: due, does: remind}", "{does: remind}", "a step needs one of 'at', 'before' and 'after'"),
        ("{at: due, does: remind}", "{at: due, after: {days: 1}, does: remind}", "a step needs one of"),
        ("{at: due, does: remind}", "{at: due, does: staff}", "'staff' needs a 'notice'"),
        ("{at: due, does: remind}", "{at: due, does: remind, notice: no_word}", "only staff and supervisor get a"),
        ("{at: due, does: remind}", "{at: due, does: remind, every: {days: 1}}", "only staff and supervisor are told"),
        ("{at: due, does: remind}", "{at: due, does: expire}", "'expire' ends it: no step comes after"),
        ("{before: {days: 14}", "{before: {days: -14}", "a length before or after is positive"),
        ("{before: {days: 14}", "{before: {working_days: 14}", "working days are counted forward only"),
        ("{when: met_late,", "{when: met_late, at: due,", "what was met late has no other moment than that"),
        ("notice: filed_late}", "notice: filed_never}", "there is no notice 'filed_never'; add it to notices.yaml"),
        ('  D10: {never: "', '  D10: {follow_up: overdue, never: "', "'follow_up' names who takes the steps"),
        ("      - {at: due, does: staff, notice: other_office_overdue}", "      - {at: due, does: remind}",
         "'remind' goes to the agency, but nhis owes D14; let staff do it"),
        ('D27: {never: "the court\'s own date: shown when late, nobody is chased"}', "D27: *clients-step",
         "D27 is only mirrored: nobody is chased about it; write 'never'"),
        ("employment-promotion-subsidy: &never-given-up", "soup: &never-given-up", "there is no program 'soup'"),
        ("  D07: &extension\n", "  D07: &extension\n    programs: {job-placement: {never: no}}\n", "never"),
        ("follow_ups:\n", "others: {}\nfollow_ups:\n", "unknown key 'others'"),
        ("D17-opens:\n    follow_up: reviews\n    steps:\n",
         "D17-opens:\n    follow_up: reviews\n    steps:\n      - {when: met_late, does: staff, notice: filed_late}\n",
         "what opens cannot be late"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    page = folder / "follow_ups.yaml"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(catalog.CatalogError) as refused:
        catalog.load(folder)

    problems = [str(problem) for problem in refused.value.problems]
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith("follow_ups.yaml:") for problem in problems), problems
    assert all(int(problem.split(":")[1]) > 0 and ";" in problem for problem in problems)


def test_a_program_that_a_deadline_does_not_run_for_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    page = folder / "follow_ups.yaml"
    text = page.read_text(encoding="utf-8")
    course = '    programs:\n      job-placement: {never: "of no use"}\n'
    page.write_text(text.replace("  D06:\n    follow_up: reviews\n", f"  D06:\n    follow_up: reviews\n{course}", 1))

    with pytest.raises(catalog.CatalogError, match="D06 does not run for job-placement; remove it here"):
        catalog.load(folder)
