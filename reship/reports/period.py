"""Whole days of one time zone, and the days, weeks or months that they are cut into."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from reship.errors import Refusal

LONGEST = 5 * 366
"""In days."""
MOST_STEPS = 400


class Step(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last`, both included; the first and the last week or month may be cut off."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is about: the days from `first` to `last` in `zone`, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def of(cls, first: date, last: date, zone: ZoneInfo) -> Self:
        """Refuses `invalid_period`."""
        if last < first:
            raise Refusal(
                "invalid_period",
                f"The period ends on {last}, before it begins on {first}.",
                first=str(first),
                last=str(last),
            )
        days = (last - first).days + 1
        if days > LONGEST:
            raise Refusal(
                "invalid_period",
                f"The period has {days:,} days; a report is about at most {LONGEST:,}, which is five years.",
                days=days,
                most=LONGEST,
            )
        return cls(first, last, zone)

    @property
    def begins_at(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def ends_before(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def usual_step(self) -> Step:
        days = (self.last - self.first).days
        return Step.DAY if days <= 31 else Step.WEEK if days <= 190 else Step.MONTH

    def cut(self, step: Step) -> tuple[Span, ...]:
        """Oldest first; weeks begin on Mondays. Refuses `invalid_period` when there would be too many."""
        spans = tuple(self._spans(step))
        if len(spans) > MOST_STEPS:
            raise Refusal(
                "invalid_period",
                f"The period has {len(spans):,} {step}s; at most {MOST_STEPS} are shown. Choose longer steps.",
                steps=len(spans),
                most=MOST_STEPS,
            )
        return spans

    def _spans(self, step: Step) -> Iterator[Span]:
        first = self.first
        while first <= self.last:
            last = min(_end_of(step, first), self.last)
            yield Span(first, last)
            first = last + timedelta(days=1)

    def moments_of(self, span: Span) -> tuple[datetime, datetime]:
        """When it begins, and when what follows it begins."""
        return _midnight(span.first, self.zone), _midnight(span.last + timedelta(days=1), self.zone)


def _end_of(step: Step, day: date) -> date:
    if step == Step.DAY:
        return day
    if step == Step.WEEK:
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
