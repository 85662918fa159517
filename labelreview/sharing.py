"""How a project's cells are shared out among its reviewers: the rules that its owner sets."""

from dataclasses import dataclass

from labelreview.errors import InputError

MOST_ANSWERS = 20


@dataclass(frozen=True)
class Sharing:
    """Each cell gets one answer, and a `share` of them, chosen by chance, `answers` of different reviewers.

    `gold_share`: how many of a reviewer's questions are about a cell whose answer is known, as long as there are some
    that they have not answered. `edition` counts the changes of rules and known answers (the store's).
    """

    answers: int = 1
    share: float = 1.0
    gold_share: float = 0.05
    edition: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.answers <= MOST_ANSWERS:
            raise InputError(f"A cell can get 1 to {MOST_ANSWERS} answers, not {self.answers}.")
        for name, value in (("share of cells", self.share), ("share of gold questions", self.gold_share)):
            if not 0 <= value <= 1:
                raise InputError(f"The {name} is {value}. Give it as a number from 0 to 1, such as 0.1.")
