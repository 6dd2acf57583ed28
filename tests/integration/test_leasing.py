"""What a desk takes out of the outbox: in which order."""

from models.vocabulary import Desk, Need
from tasks.outbox import lease_letters
from tests.integration.ground import Ground


async def test_letters_are_taken_in_the_order_in_which_they_fell_due(ground: Ground) -> None:
    for _ in range(6):
        await ground.walks_in(Need.JOB)
    await ground.work()
    # The last written fell due first.
    await ground.change(
        "UPDATE letter SET next_attempt_at = CAST(:now AS timestamptz) - interval '1 minute' * nth FROM"
        " (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM letter) AS counted WHERE counted.id = letter.id",
        now=ground.now,
    )
    due = [key for (key,) in await ground.rows("SELECT id FROM letter ORDER BY next_attempt_at")]

    async with ground.engine.begin() as connection:
        taken = await lease_letters(connection, [Desk.INTAKE], ground.now, 1)

    assert due == [letter.id for letter in taken]
    assert 6 == len(taken)
