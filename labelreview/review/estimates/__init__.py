"""What the answers say: how many labels are wrong, how many are left, whether we may stop, and whether it matters.

PURE: an `Evidence` (the audit's draws and all answers) or arrays in, frozen dataclasses out. An `Estimate` is a value
with a low and a high end, at 95 % unless told otherwise. Every formula stands in plain words in docs/estimates.md, with
its measured coverage.
"""

from labelreview.review.estimates.forecast import (
    Calibration,
    Cost,
    Forecast,
    calibration,
    cost_to_reach,
    forecast,
    found_curve,
    pace,
)
from labelreview.review.estimates.impact import Change, Impact, gain, impact, ranks
from labelreview.review.estimates.noise import CoWrong, TagNoise, co_wrong, confused, noise_by_tag, turned
from labelreview.review.estimates.rates import (
    ErrorRate,
    Estimate,
    by_direction,
    by_domain,
    by_items,
    by_tag,
    error_rate,
    unsure_bounds,
)
from labelreview.review.estimates.stopping import Stop, draws_to_stop, ever_refuted, left_at_most, may_stop

__all__ = [
    "Calibration", "Change", "CoWrong", "Cost", "ErrorRate", "Estimate", "Forecast", "Impact", "Stop", "TagNoise",
    "by_direction", "by_domain", "by_items", "by_tag", "calibration", "co_wrong", "confused", "cost_to_reach",
    "draws_to_stop", "error_rate", "ever_refuted", "forecast", "found_curve", "gain", "impact", "left_at_most",
    "may_stop", "noise_by_tag", "pace", "ranks", "turned", "unsure_bounds",
]  # fmt: skip
