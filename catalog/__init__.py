"""What is known: programs, agencies, routes and dated amounts as YAML, and the loader that refuses mistakes."""

from __future__ import annotations

from catalog.deadlines import Deadline, Length, Marks, Start
from catalog.follow_ups import Course, FollowStep, Plan
from catalog.house_rules import EvidenceKind, KeepingRule, NoticeTitle, SilenceRule
from catalog.loader import load
from catalog.places import Agency, Calendar, District, RoutingRule, Target, When
from catalog.problems import CatalogError, CatalogFault, NoValueOn, Problem, UnknownWord
from catalog.shapes import DeclineReason, Label, Milestone, Outcome, Parameter, Period, Program, Source, Statute
from catalog.whole import Catalog, Deciding

__all__ = [
    "Agency",
    "Calendar",
    "Catalog",
    "CatalogError",
    "CatalogFault",
    "Course",
    "Deadline",
    "Deciding",
    "DeclineReason",
    "District",
    "EvidenceKind",
    "FollowStep",
    "KeepingRule",
    "Label",
    "Length",
    "Marks",
    "Milestone",
    "NoValueOn",
    "NoticeTitle",
    "Outcome",
    "Parameter",
    "Period",
    "Plan",
    "Problem",
    "Program",
    "RoutingRule",
    "SilenceRule",
    "Source",
    "Start",
    "Statute",
    "Target",
    "UnknownWord",
    "When",
    "load",
]
