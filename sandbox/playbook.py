"""The playbook: what each kind of office says after a request, step by step, as a file of scripts has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.words import Words

if TYPE_CHECKING:
    from pathlib import Path


class ScriptsError(ValueError):
    """The file of scripts cannot be played; the text names file and place."""


class ScriptStep(Words):
    """One thing said, `after` seconds (of speed 1) from the step before."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    after: float = Field(default=1, ge=0, le=86_400 * 400)
    #: Another agency's code, when the addressee is not who says it.
    speaker: str | None = Field(default=None, alias="as")


class Script(BaseModel):
    """One program: what the office cannot work without, and how its work goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Items without which a request is refused with 422.
    requires: tuple[str, ...] = ()
    steps: tuple[ScriptStep, ...] = ()


class Playbook(BaseModel):
    """All scripts of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    programs: dict[str, Script]
    #: What any agency says when the center asks to cancel.
    when_cancel_requested: tuple[ScriptStep, ...] = ()
    #: What any agency says of each referral it is reminded of, unless it is about to speak of it anyway.
    when_reminded: tuple[ScriptStep, ...] = ()

    def required(self, program: str) -> tuple[str, ...]:
        """Return the items an office insists upon; none for a program without a script."""
        return self.programs[program].requires if program in self.programs else ()

    def speakers(self) -> frozenset[str]:
        """Return every agency code the scripts name."""
        steps = [step for script in self.programs.values() for step in script.steps]
        spoken = (*steps, *self.when_cancel_requested, *self.when_reminded)
        return frozenset(step.speaker for step in spoken if step.speaker)


def read_playbook(page: Path) -> Playbook:
    """Read a file of scripts.

    Raises:
        ScriptsError: the file is missing, is no YAML, or holds fields scripts do not have.

    """
    try:
        return Playbook.model_validate(yaml.safe_load(page.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError):
        problem = f"{page}: cannot be read as YAML"
        raise ScriptsError(problem) from None
    except ValidationError as error:
        first = error.errors()[0]
        problem = f"{page}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ScriptsError(problem) from None
