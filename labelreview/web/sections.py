"""The parts of the triage page. Each is a fragment: a filter or a click runs that part alone."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from labelreview.decisions import Direction
from labelreview.desk import triage
from labelreview.desk.auditing import AUDIT
from labelreview.desk.project import Project
from labelreview.desk.triage import moments
from labelreview.errors import LabelReviewError
from labelreview.review.estimates import ErrorRate
from labelreview.roles import Action
from labelreview.web import comparing, parts, queues, session, triage_charts, triaged
from labelreview.web.choosing import one_of

# The pictures stay in sight beside a chart that is taller than the window.
STYLE = """<style>@media (width > 40rem) { [data-testid=stColumn]:has(> div > [class*="_beside"]) { align-self: start;
  position: sticky; top: 4rem; } }
[class*="_grid"] img { height: 110px; object-fit: contain; object-position: left; }</style>"""
CAREFUL = ("Pairs that chance does not explain (p < 0.05). Their items were not drawn by chance: a pair says where to "
           "look, not how frequent it is.")  # fmt: skip


@st.fragment
def curve(project: Project) -> None:
    """Errors found by verdict n, and the forecast."""
    figure = triage_charts.found_errors(triaged.figures(project))
    parts.chart(project, figure, "curve", "Errors found by number of verdicts, with the forecast.")


@st.fragment
def tags(project: Project) -> None:
    """Rate by tag with intervals."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    text = row.text_input("Find a tag", key="tags_text", placeholder="Part of its name", width=220)
    sort = row.selectbox("Sort by", list(triaged.SORTS), key="tags_sort", width=200)
    side = one_of("Errors", list(triaged.SIDES), place=row, format_func=triaged.SIDES.__getitem__, key="tags_side")
    whose, who = triaged.assigned_to(project), "Anybody"
    if whose:
        who = row.selectbox("Assigned to", ["Anybody", *whose], key="tags_whose_triage", width=200)
    mine, found = None if who == "Anybody" else whose[who], triaged.figures(project)
    if side == triaged.EACH:
        _each_way(project, [rate for rate in triaged.each_way(found, text, sort) if mine is None or rate[0] in mine])
    else:
        pairs = triaged.tag_rates(found, side, text, sort)
        pairs = [pair for pair in pairs if mine is None or pair[0] in mine]
        _one_way(project, found, side, text, pairs)
    st.page_link(session.TAGS, label="Assign, define, merge, rename or drop tags", icon=":material/sell:",
                 query_params={"project": project.card.name})  # fmt: skip


def _each_way(project: Project, rates: Sequence[tuple[str, Direction, ErrorRate]]) -> None:
    """Wrong and missing tags beside each other."""
    if not rates:
        st.caption("No label of such a tag was drawn by chance or found wrong yet.")
        return
    st.caption("Share of the labels given (wrong tags) and of those not given (missing tags) that were wrong, with "
               "95 % intervals; click a mark for its pictures.")  # fmt: skip
    figure = triage_charts.beside_each_other(triaged.bars_each_way(rates), title="Labels still wrong")
    parts.chart(project, figure, "rates", "Error rate of each tag in each direction.", beside=True)
    parts.table(project, "tags-by-direction", triage.tables.direction_rows(rates))


def _one_way(
    project: Project, found: triage.Triage, side: str, text: str, pairs: Sequence[tuple[str, ErrorRate]]
) -> None:
    """Both directions in one rate, or one direction alone."""
    bars = triaged.tag_bars(pairs, side)
    if bars:
        rest = triaged.not_shown(pairs, bars)
        st.caption(f"Share of labels that are still wrong, with 95 % intervals; click a mark for its pictures.{rest}")
        figure = triage_charts.intervals({"": bars}, target=None if side else found.target, title="Labels still wrong")
        parts.chart(project, figure, "rates", "Error rate of each tag with its interval.", beside=True)
    else:
        st.caption("No tag of that name has a random audit answer yet." if text else
                   "The random audit has not reached any tag yet.")  # fmt: skip
    rows = triage.tables.tag_rows(project, pairs)
    parts.table(project, "tags", rows, lambda row: ["tag", row["tag"], side], triaged.tag_columns(rows))


@st.fragment
def together(project: Project) -> None:
    """Tags that are confused or wrong together."""
    titles = {"confused": "Given one, meant the other", "co-wrong": "Wrong on the same item"}
    which = one_of("Pairs", list(titles), format_func=titles.__getitem__, key="pairs")
    heat, rows, every = triaged.pairs(triaged.figures(project), which)
    if not every:
        st.info("No two tags were wrong on one item yet." if which == "co-wrong" else
                "No item yet on which one tag was wrong and another one missing.")  # fmt: skip
        return
    if not rows:
        st.info("No pair stands out: chance explains all that were seen. The file has them.")
        parts.download(project, which, every)
        return
    st.caption(CAREFUL)
    words = ("Wrongly given", "Missing") if which == "confused" else ("Wrong", "together with")
    figure = triage_charts.heat(heat, rows=words[0], columns=words[1])
    parts.chart(project, figure, f"heat_{which}", "How many items each pair of tags was wrong on.")
    parts.table(project, which, rows, file=every)


@st.fragment
def noise(project: Project) -> None:
    """P(given | true) both ways."""
    text = st.text_input("Find a tag", key="noise_text", placeholder="Part of its name", width=220)
    st.caption("How often labels were turned, both ways, with 95 % intervals; click a mark for its pictures.")
    figure = triage_charts.intervals(
        triaged.noise_bars(triaged.figures(project), text), title="Share of the items truly so"
    )
    parts.chart(project, figure, "noise", "How often each tag was wrongly given and how often left out.", beside=True)
    parts.table(project, "noise")


@st.fragment
def model(project: Project) -> None:
    """The model's scores and probabilities against the verdicts."""
    st.markdown("**Verdicts on the scores**")
    st.caption("How often a verdict found an error: with a model that helps, the line falls from left to right. The "
               "bars count verdicts on a log axis. Click a mark for its pictures.")  # fmt: skip
    parts.chart(project, triage_charts.quality(triaged.histogram(project)), "quality", "Verdicts by label quality.")
    st.markdown("**Does the model keep its word?**")
    st.caption("Predicted probability against the share that is truly present. The queue asks what looks wrong, so the "
               "verdicts alone mislead; the audit's weights mend that.")  # fmt: skip
    steps = triaged.reliability(project)
    parts.chart(project, triage_charts.reliability(steps), "reliability", "Truly present by predicted probability.")
    with st.expander("Tables"):
        parts.table(project, "quality")
        parts.table(project, "reliability")


@st.fragment
def columns(project: Project) -> None:
    """By any column of an items file, such as source or annotator."""
    there = project.columns.all()
    if not there:
        st.write("Give a table with one row an item (a column `id`, and others such as source or "
                 "annotator): errors are then counted by each column. It is kept with the project.")  # fmt: skip
    else:
        name = st.selectbox("Column", list(there), key="group_column", width=260)
        bars = triaged.group_bars(project, name)
        figure = triage_charts.intervals({"": bars}, target=triaged.figures(project).target, title="Labels still wrong")
        parts.chart(project, figure, "groups", f"Error rate by {name}.", beside=True)
        parts.table(project, "items")
    with st.expander("Another items file", expanded=not there):
        sent = st.file_uploader("Items file (CSV, TSV or Parquet)", ["csv", "tsv", "parquet"], key="items_file")
        if sent is not None and st.button("Use this file", type="primary"):
            _keep(project, sent.name, sent.getvalue())


def _keep(project: Project, name: str, data: bytes) -> None:
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / Path(name).name
        path.write_bytes(data)
        try:
            project.columns.keep(path)
        except LabelReviewError as error:
            st.error(session.plain(str(error)), icon=":material/error:")
            return
    st.rerun(scope="fragment")


@st.fragment
def matters(project: Project) -> None:
    """Models before and after the corrections."""
    st.caption("Each model, judged by the labels as given and by the corrected ones. On all labels only "
               "what was reviewed is corrected; the reviewed ones alone were chosen as suspicious, so "
               "their figures are low.")  # fmt: skip
    board = triaged.leaderboard(project)
    parts.chart(project, triage_charts.ranks(board), "ranks", "Models before and after.")
    parts.table(project, "models", triage.tables.leaderboard_rows(board))
    st.markdown("**By tag**")
    found = triaged.figures(project)
    parts.table(project, "models-by-tag", triage.tables.tag_ap_rows(board, found.tags))
    if not session.may_name_files():
        return
    with st.expander("What would learning from the corrections gain?"):
        st.write("A logistic head on embeddings learns from the given and from the corrected labels, "
                 "each item predicted by heads that did not see it; both are judged by the corrected "
                 "labels.")  # fmt: skip
        path = st.text_input("Embeddings (.npy on this server, as `labelreview embed` writes)", key="embeddings")
        if path and st.button("Learn and compare"):
            _learn(project, path)


def _learn(project: Project, path: str) -> None:
    try:
        learned = triaged.learned(project, path)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    st.caption(f"{learned.changed:,} labels differ between the two.")
    parts.table(project, "learned", triaged.learned_rows(learned))


@st.fragment
def people(project: Project) -> None:
    """Pace and agreement by reviewer; a row shows the verdicts behind it."""
    rows = triaged.rows(project, "reviewers")
    st.caption("Verdicts an hour, and how often others said the same on labels that they checked too, with 95 % "
               "intervals; click a mark for the verdicts behind it.")  # fmt: skip
    parts.chart(project, triage_charts.pace(rows), "pace", "Verdicts an hour by reviewer.")
    if bars := triaged.agreement_bars(project):
        figure = triage_charts.intervals({"": bars}, title="Others said the same")
        parts.chart(project, figure, "agreement", "Agreement with others by reviewer.")
    else:
        st.caption("Nobody has checked a label that somebody else checked too, so nothing tells how far they agree.")
    parts.table(project, "reviewers", rows)


@st.fragment
def away(project: Project, people: bool) -> None:
    """The report and its tables; people: with how each of them does."""
    st.write("One file that needs no network and prints well, or Markdown; every table above has its own CSV button.")
    choices = {"Nothing": None, **dict(list(moments.choices(project).items())[:-1])}
    since = choices[st.selectbox("Say what has changed since", list(choices), key="report_since", width=300)]
    row = st.container(horizontal=True)
    for title, kind, media in (("Report (HTML)", "html", "text/html"), ("Report (Markdown)", "md", "text/markdown")):
        row.download_button(
            title,
            data=partial(triaged.report_file, project, kind, since, people),
            file_name=f"{project.card.name}-report.{kind}",
            mime=media,
            on_click="ignore",
            icon=":material/download:",
            key=f"report_{kind}",
        )
    st.caption("The same from the command line:")
    st.code(f"labelreview report '{project.card.name}' --out report.html --tables tables", language="console")


SECTIONS: dict[str, Callable[[Project], None]] = {
    "By tag": tags,
    "Kinds of errors": together,
    "Noise": noise,
    "The model": model,
    "By column": columns,
    "Does it matter?": matters,
    "People": people,
    "Compare": comparing.section,
    "Take away": partial(away, people=True),
}
NEEDS = {"People": Action.MEASURE, "Take away": Action.EXPORT}  # beyond looking


def chosen(project: Project, person: str) -> Callable[[Project], None]:
    """The part that is looked at, of those that the person may see; it stands in the address, for links."""
    there = [name for name in SECTIONS if name not in NEEDS or session.may(project, person, NEEDS[name])]
    asked = st.query_params.get("look", "")
    if st.session_state.get("look") not in there:
        st.session_state["look"] = asked if asked in there else there[0]
    picked = one_of("Look closer", there, key="look", label_visibility="collapsed")
    if picked != asked:
        st.query_params["look"] = picked
    measures = session.may(project, person, Action.MEASURE)
    return SECTIONS[picked] if measures or picked != "Take away" else partial(away, people=False)


def answer(project: Project) -> None:
    """The answer in one sentence, the stop rule, and the figures on top."""
    st.html(STYLE)
    found = triaged.figures(project)
    explained = triaged.told("Wrong labels", "Still wrong", "Share of the errors found", "Verdicts to the target")
    st.subheader(triage.sentence(found), anchor=False, help=explained)
    if found.told and not found.all_answered:
        st.markdown(triage.left_sentence(found), help=triaged.told("Errors left"))
    st.markdown(triage.stop_sentence(found), help=triaged.told("Still wrong at most"))
    numbers = st.container(horizontal=True, gap="medium")
    for title, number, explained in triaged.numbers(found):
        numbers.metric(title, number, width="content", help=explained)
    with st.expander("What next?", expanded=True):
        for step in triage.next_steps(found):
            st.markdown(f"- {session.plain(step)}")
        if not found.stop.met and not found.all_answered:
            told = "Every question is drawn by chance: the estimates get sharp soonest, and few errors are found."
            if st.button("Answer by chance alone", icon=":material/casino:", help=told):
                session.go_to_review(order=AUDIT, cells=queues.ALL_CELLS)
