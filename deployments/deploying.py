"""Deploying: everything of ours that lives in a Prefect server, made or brought up to date; safe to repeat."""

from dataclasses import dataclass

from prefect.client.orchestration import get_client
from pydantic import SecretStr

from deployments.automations import Automated, automate
from deployments.desks import deploy_desks
from deployments.follow_ups import deploy_follow_ups
from deployments.pool import Deployed, ensure_pool
from models.vocabulary import FollowUp


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in Prefect."""

    desks: list[Deployed]
    follow_ups: dict[FollowUp, Deployed]
    automations: list[Automated]

    @property
    def changed(self) -> int:
        """How many parts were made or altered just now."""
        return sum(part.changed for part in (*self.desks, *self.follow_ups.values(), *self.automations))


async def deploy_all(alarm_url: SecretStr | None) -> Standing:
    """Make or update the pool, the deployments, their schedules and limits, and the automations.

    Args:
        alarm_url: Where automations post to; see `deployments.automations`.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    async with get_client() as prefect:
        await ensure_pool(prefect)
        return Standing(
            desks=await deploy_desks(prefect),
            follow_ups=await deploy_follow_ups(prefect),
            automations=await automate(prefect, alarm_url),
        )
