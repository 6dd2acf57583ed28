"""What got lost on the way from the pretend agencies: words that never arrived, and agencies that may answer oddly."""

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Word:
    """A word that an agency said and the door never took."""

    agency: str
    #: Number of the referral it speaks of.
    referral: str
    id: str


@dataclass(frozen=True, slots=True)
class Lost:
    """What a question at night may bring up.

    Attributes:
        words: Never taken by the door; some may have been fetched since.
        agencies: Whose day is not a mild one, or who said that they took a letter and did not work it.
    """

    words: tuple[Word, ...] = ()
    agencies: frozenset[str] = frozenset()


class ControlRoom:
    """Asks the pretend agencies; while every day is mild and every word taken, nothing is lost and nobody asks."""

    def __init__(self, control: httpx.AsyncClient) -> None:
        """Ask by this line; `unusual` is set by whoever makes the weather and hears the door's answers."""
        self._control = control
        self.unusual = False

    async def lost(self) -> Lost:
        """Return what is lost by now.

        Raises:
            httpx.HTTPError: the sandbox is away.
        """
        if not self.unusual:
            return Lost()
        told = (await self._control.get("/lost")).raise_for_status().json()
        words = (Word(word["agency"], word["referral"], word["id"]) for word in told["words"])
        return Lost(tuple(words), frozenset(told["agencies"]))


async def nothing_lost() -> Lost:
    """Return that every word arrived."""
    return Lost()
