"""Three-valued logic: the laws it must keep, for every combination."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from models.screening.logic import Finding, all_of, any_of, negated
from models.screening.result import Exclusion, Result, Way, judge


def finding(
    truth: bool | None,  # noqa: FBT001 - it is the value itself
    *,
    near: bool = False,
) -> Finding:
    return Finding(
        truth, missing=frozenset({"fact"}) if truth is None else frozenset(), near=near and truth is not None
    )


FINDINGS = st.builds(finding, st.sampled_from([True, False, None]), near=st.booleans())
SEVERAL = st.lists(FINDINGS, min_size=1, max_size=5)
#: False below unknown below true: Kleene's order.
RANK = {False: 0, None: 1, True: 2}


@given(SEVERAL)
def test_all_is_the_least_and_any_the_greatest(parts: list[Finding]) -> None:
    ranks = [RANK[part.truth] for part in parts]

    assert min(ranks) == RANK[all_of(*parts).truth]
    assert max(ranks) == RANK[any_of(*parts).truth]


@given(SEVERAL)
def test_de_morgan(parts: list[Finding]) -> None:
    assert negated(all_of(*parts)) == any_of(*(negated(part) for part in parts))
    assert negated(negated(all_of(*parts))) == all_of(*parts)


@given(SEVERAL)
def test_grouping_changes_nothing(parts: list[Finding]) -> None:
    assert all_of(*parts) == reduce(all_of, parts)
    assert any_of(*parts) == reduce(any_of, parts)


@given(SEVERAL)
def test_something_is_missing_exactly_when_nobody_knows(parts: list[Finding]) -> None:
    for joined in (all_of(*parts), any_of(*parts)):
        assert (joined.truth is None) == bool(joined.missing)


@given(SEVERAL, st.lists(st.booleans(), min_size=5, max_size=5))
def test_more_knowledge_never_takes_an_answer_back(parts: list[Finding], answers: list[bool]) -> None:
    learned = [
        part if part.truth is not None else finding(answer) for part, answer in zip(parts, answers, strict=False)
    ]
    for join in (all_of, any_of):
        before = join(*parts).truth

        assert before is None or before is join(*learned).truth


@given(FINDINGS, FINDINGS)
def test_an_exclusion_that_is_known_beats_everything(wanted: Finding, other: Finding) -> None:
    shut = Exclusion("shut", finding(truth=True))
    judged = judge(Way("way", wanted, (Exclusion("other", other), shut)))

    assert Result.EXCLUDED is judged.result
    assert frozenset() == judged.missing


@given(FINDINGS, FINDINGS)
def test_only_what_is_not_known_is_asked_for(wanted: Finding, shut: Finding) -> None:
    judged = judge(Way("way", wanted, (Exclusion("shut", shut),)))

    assert (Result.NEEDS_INFO is judged.result) == bool(judged.missing)
