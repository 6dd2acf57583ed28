from tests.integration.ground import Ground
from models.vocabulary import Need, Desk
async def test_dbg(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    print(ground.now, await ground.rows("SELECT program, created_at FROM referral"), await ground.rows("SELECT occurred_at, recorded_at FROM transition"), await ground.rows("select now(), created_at, next_attempt_at, current_setting('TimeZone'), next_attempt_at::text from letter"))
