"""Restate: a workflow a journey; `ctx.run` calls the agency, durable promises wait for its words.

Served by uvicorn, which did better here than Hypercorn; the server has four partitions instead of 24, the best setting
found on two cores. Webhooks go to its own ingress, which checks no seal: in its favor.
"""

import aiohttp
import restate
import uvicorn
from restate import Workflow, WorkflowContext, WorkflowSharedContext

from benchmarks.peers.orders import CALL_SECONDS, address, letter, orders

TOLD = orders()
journey = Workflow("journey")
_http: list[aiohttp.ClientSession] = []


async def ask(number: int, program: str) -> None:
    """Ask one agency."""
    if not _http:
        _http.append(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)))
    body, headers = letter(number, program)
    async with _http[0].post(address(TOLD.agencies, program), json=body, headers=headers) as answer:
        answer.raise_for_status()


@journey.main()
async def run(ctx: WorkflowContext) -> int:
    """Walk through the stages: ask every agency of one, then hear all of them accept and complete."""
    number, heard = int(ctx.key()), 0
    for stage in TOLD.stages:
        await restate.gather(
            *[ctx.run_typed(f"ask {program}", ask, number=number, program=program) for program in stage]
        )
        for program in stage:
            for event in ("accepted", "completed"):
                await ctx.promise(f"{program}:{event}").value()
                heard += 1
    return heard


@journey.handler()
async def hear(ctx: WorkflowSharedContext, told: dict[str, str]) -> None:
    """Take in what an agency said."""
    await ctx.promise(f"{told['program']}:{told['event']}").resolve(True)  # noqa: FBT003 - the value of the promise


app = restate.app(services=[journey])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=TOLD.port, log_level="warning", access_log=False)
