"""Find the wrong tags in a data set of tagged images, review them, get the corrected labels back.

The public names are looked up on first use, so that `import labelreview` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["cell_scores", "find_label_issues", "item_scores", "read_dataset"]

if TYPE_CHECKING:
    from labelreview.formats import read_dataset
    from labelreview.scoring import cell_scores, find_label_issues, item_scores

_HOMES = {
    "read_dataset": "labelreview.formats",
    "cell_scores": "labelreview.scoring",
    "item_scores": "labelreview.scoring",
    "find_label_issues": "labelreview.scoring",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'labelreview' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
