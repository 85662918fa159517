"""`labelreview stats --json`: the figures for a program. Fields are only added; docs/command-line.md names them."""

import math
from typing import Any

from labelreview.desk.triage.figures import Triage
from labelreview.desk.triage.words import sentence
from labelreview.review.estimates import ErrorRate, Estimate

VERSION = 1


def shape(found: Triage) -> dict[str, Any]:
    """Shares as fractions, null where nothing tells."""
    noise = zip(found.tags, found.by_tag, found.noise, strict=True)
    return {
        "version": VERSION,
        "sentence": sentence(found),
        "target": found.target,
        "verdicts": found.verdicts,
        "unsure": found.unsure,
        "audit_waiting": found.waiting,
        "overall": _rate(found.whole),
        "by_direction": {side.value: _rate(rate) for side, rate in found.by_direction.items()},
        "by_tag": {
            tag: {**_rate(rate), "missed": _ends(each.missed), "invented": _ends(each.invented)}
            for tag, rate, each in noise
        },
        "stop": {
            "met": found.stop.met,
            "confidence": found.stop.confidence,
            "left_at_most": found.stop.left_at_most,
            "rate_at_most": found.stop.rate_at_most,
            "more_draws": _ends(found.to_stop) if found.to_stop else None,
        },
        "to_reach_target": {"verdicts": _ends(found.cost.verdicts), "hours": _ends(found.cost.hours)},
    }


def _rate(rate: ErrorRate) -> dict[str, Any]:
    return {
        "cells": rate.cells,
        "answered": rate.answered,
        "audited": rate.drawn,
        "errors_found": rate.found,
        "errors_left": _ends(rate.left),
        "rate": _ends(rate.rate),
        "rate_left": _ends(rate.rate_left),
        "share_found": _ends(rate.share_found),
    }


def _ends(estimate: Estimate) -> dict[str, float | None]:
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: round(float(value), 9) if math.isfinite(value) else None for name, value in ends.items()}
