"""What an agency says about a referral, in the contract's words."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Words(BaseModel):
    """One thing said; words are not checked, for a pretend agency may say nonsense."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str = Field(pattern=r"^[a-z][a-z_]{0,63}$")
    occurred_at: str | None = None
    reason: str | None = None
    outcome: str | None = None
    milestone: str | None = None
    lane: str | None = None
    reference: str | None = None
    note: str | None = None
    appointment: object = None
    redirect_to: str | None = None
    proposed_program: str | None = None
    mode: Literal["structured", "binary"] = "structured"
