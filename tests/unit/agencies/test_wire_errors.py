"""The errors carry a code and what to do next, and survive a pickle."""

import pickle

import pytest

from agencies.errors import PROBLEMS, CredentialAlarm, EndpointGone, TellAPerson, TryAgain, WireError, refused


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_problem_is_complete(code: str) -> None:
    problem = refused(code, "detail")

    assert problem.status in {400, 401, 415, 422}
    assert problem.fault in {"sender", "center"}
    assert problem.title
    assert problem.remedy
    assert f"{code}: detail" == str(problem)


@pytest.mark.parametrize(
    "error",
    [
        refused("bad-json", "x"),
        TryAgain("status-503", 503, 7.0),
        TellAPerson("status-404", 404),
        CredentialAlarm("status-401", 401),
        EndpointGone("status-410", 410),
    ],
)
def test_errors_survive_a_pickle(error: WireError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)

    assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))
