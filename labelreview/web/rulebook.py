"""What the page Rules shows and does: agreed rules, proposals, rules by hand and from a file."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import streamlit as st

from labelreview import rulings
from labelreview.desk import rulebook
from labelreview.desk.project import Project
from labelreview.errors import LabelReviewError, many
from labelreview.formats import rule_list
from labelreview.review.rules import Proposal
from labelreview.web import session

COLUMNS = {"At least": st.column_config.NumberColumn(format="percent")}
AGREED, RELATIONS = "rules_agreed", [str(relation) for relation in rulings.Relation]


def agreed(project: Project) -> list[rulebook.Agreed]:
    """The rules that hold, those most often broken first."""
    return sorted(rulebook.agreed(project), key=lambda each: (-each.broken, each.rule))


def agreed_rows(found: Sequence[rulebook.Agreed]) -> list[dict[str, object]]:
    """The agreed rules as rows of a table."""
    return [
        {"Rule": str(each.rule), "Items that break it": each.broken, "Agreed by": each.ruling.by,
         "On": f"{each.ruling.at:%Y-%m-%d %H:%M} UTC"}
        for each in found
    ]  # fmt: skip


def table_key(name: str, found: Sequence[rulebook.Agreed] | Sequence[Proposal]) -> str:
    """The key of a table of rules. A selection is kept by row: over other rows it would be of rules nobody chose."""
    return f"{name}_{crc32(repr([str(each.rule) for each in found]).encode())}"


def review_broken(project: Project) -> None:
    """The door to the cells under broken rules."""
    st.page_link(session.REVIEW, label="Review them", icon=":material/play_arrow:",
                 query_params={"project": project.card.name, "status": "rules"})  # fmt: skip


def proposals(project: Project) -> list[Proposal]:
    """What the labels propose, kept as long as neither log has grown."""
    held = project.meeting.standing().history
    last = held[-1].seq if held else 0
    return _proposals(project, project.card.uid, project.card.version, project.verdicts().seq, last)


@st.cache_data(max_entries=8, show_spinner="Counting which tags go together")
def _proposals(_project: Project, uid: str, version: str, seq: int, ruling: int) -> list[Proposal]:
    return rulebook.proposals(_project)


def proposal_rows(found: Sequence[Proposal]) -> list[dict[str, object]]:
    """The proposals as rows of a table."""
    return [
        {"Rule": str(each.rule), "Items for it": each.support, "Against": each.against, "At least": each.confidence}
        for each in found
    ]


def agree(project: Project, reviewer: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Agree on rules, and say so at the next run; what is refused is said at once."""
    try:
        count = rulebook.agree(project, reviewer, rows)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    st.session_state[AGREED] = f"{many(count, 'new rule')} agreed" if count else "These rules hold already"
    st.rerun()


def agree_proposals(project: Project, reviewer: str, chosen: Sequence[Proposal]) -> None:
    """Agree on some of the proposals."""
    agree(project, reviewer, [(each.rule.first, each.rule.kind, each.rule.second) for each in chosen])


def by_hand(project: Project, reviewer: str) -> None:
    """Widgets for one rule."""
    left, middle, right = st.columns(3)
    first = left.selectbox("Tag", project.dataset.tags, None, key="rule_first")
    relation = middle.selectbox("says of the tag beside", RELATIONS, key="rule_relation")
    second = right.selectbox("Other tag", project.dataset.tags, None, key="rule_second")
    if st.button("Agree", disabled=not (first and second)):
        agree(project, reviewer, [(str(first), str(relation), str(second))])


def from_file(project: Project, reviewer: str) -> None:
    """Widgets for the rules of a file."""
    upload = st.file_uploader("A CSV with the columns first,rule,second, or a hierarchy as JSON", ["csv", "json"])
    if upload and st.button("Agree on the rules of this file"):
        _agree_file(project, reviewer, upload)


def _agree_file(project: Project, reviewer: str, upload: Any) -> None:
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / Path(upload.name).name
        path.write_bytes(upload.getvalue())
        try:
            rows = rule_list.read(path, project.dataset.tags)
        except LabelReviewError as error:
            st.error(session.plain(str(error)), icon=":material/error:")
            return
    if not rows:
        st.warning("No rule of this file is about two tags of this project.", icon=":material/info:")
        return
    agree(project, reviewer, rows)


def take_back(project: Project, reviewer: str, chosen: Sequence[rulebook.Agreed]) -> None:
    """Take rules back."""
    project.meeting.record(*(rulings.undo(reviewer, each.ruling) for each in chosen))
    st.session_state[AGREED] = f"{len(chosen)} taken back"
    st.rerun()


def said() -> str:
    """What the last action did, once."""
    return str(st.session_state.pop(AGREED, ""))


def broken_csv(project: Project) -> bytes:
    """The items that break agreed rules, as CSV."""
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "broken.csv"
        rulebook.write_broken(project, out)
        return out.read_bytes()
