"""Taking: which letters leave now, with where they go and what seals them, in one transaction."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from agencies.keys import Key
from agencies.sender import Endpoint
from models.vocabulary import Desk
from tasks.digests import last_look
from tasks.health import begin_probe, look_at_lines
from tasks.outbox import PER_AGENCY, LeasedLetter, lease_letters
from tasks.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Call:
    """A letter with where it goes and what seals it, read in the same transaction that took it."""

    letter: LeasedLetter
    endpoint: Endpoint | None
    #: None where they cannot be opened.
    keys: Sequence[Key] | None


async def take(desks: Collection[Desk], tools: Toolbox, held: Mapping[str, int]) -> tuple[list[Call], set[str]]:
    """Take due letters, as many to each agency as its places and what all desks of this process hold allow.

    Args:
        desks: Whose letters.
        tools: The toolbox.
        held: Letters this process holds already, by agency.

    Returns:
        What was taken, and the agencies for which more may be due than there were places.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; nothing was taken.
    """
    now = tools.clock()
    crowded = {agency for agency, letters in held.items() if letters >= PER_AGENCY}
    async with tools.engine.begin() as connection:
        lines = await look_at_lines(connection, now)
        shut = sorted(lines.closed | lines.probing | crowded)
        # What ends meanwhile makes places for the next look.
        before = dict(held)
        letters = await lease_letters(connection, desks, now, tools.process, closed=shut, held=before)
        places = Counter(before)
        places.update(letter.agency for letter in letters)
        letters = await last_look(connection, tools, letters, now)
        for agency in sorted(lines.probing - held.keys()):
            # First the right to probe, then the letter: who comes second takes none. Without a letter the right is
            # given back.
            taken: list[LeasedLetter] = []
            probe: list[LeasedLetter] = []
            async with connection.begin_nested() as right:
                if await begin_probe(connection, agency, lines.health[agency], now):
                    taken = await lease_letters(connection, desks, now, tools.process, only=agency)
                    probe = await last_look(connection, tools, taken, now)
                if not probe:
                    await right.rollback()
            if not probe:
                # A digest that everybody has answered is withdrawn all the same.
                await last_look(connection, tools, taken, now)
            letters += probe
        agencies = sorted({each.agency for each in letters})
        addresses = await tools.keyring.addresses(connection, agencies, now) if letters else {}
    calls: list[Call] = []
    for letter in letters:
        url, keys = addresses.get(letter.agency, (None, []))
        calls.append(Call(letter, _endpoint(tools, letter.agency, url), keys))
    return calls, crowded | {agency for agency, letters in places.items() if letters >= PER_AGENCY}


def _endpoint(tools: Toolbox, agency: str, url: str | None) -> Endpoint | None:
    known = tools.catalog.agencies.get(agency)
    return None if url is None or known is None else Endpoint(agency, url, tuple(known.private_ranges))
