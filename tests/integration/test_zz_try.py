from tests.integration.ground import on_ground
from tests.properties.checker import check_log
async def test_x(database_url):
    async with on_ground(database_url) as g:
        j=await g.walks_in()
        print(await g.work())
        print(await g.rows("select number,program,agency,state,waits_for from referral"))
        print(await g.rows("select desk,reason,detail from set_aside"), await g.fates())
        n=await g.number("financial-counseling")
        await g.put("agency:microfinance-desk","completed",number=n,outcome="advise_rehabilitation")
        await g.put("agency:microfinance-desk","declined",number=n,reason="no_debt")
        await g.work()
        async with g.engine.connect() as c: print(await check_log(c))
        print(await g.rows("select referral_number, type, about, cause, agency from letter"))
