"""What the page Tags shows and does: the target, tags with their people and definitions, decisions with their preview.

Names, notes and reasons are data: shown as text. Definitions are Markdown without HTML and without pictures.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from labelreview import rulings
from labelreview.desk import decided, pins, triage
from labelreview.desk.project import Project
from labelreview.errors import LabelReviewError
from labelreview.review.tageffect import Counts, Example, Move, Preview
from labelreview.review.tagplan import Standing, sentence
from labelreview.rulings import Kind, Rule, Ruling, State
from labelreview.web import pictures, session, triaged
from labelreview.web.choosing import one_of

CHOSEN, SAID, TABLE = "tags_chosen", "tags_said", "tags_table"
EVERYBODY, NOBODY = "Everybody", "Nobody yet"
RULES = {
    Rule.ANY: "Present where one of them is",
    Rule.ALL: "Present where all of them are",
    Rule.FIRST: "As the first one chosen says",
    Rule.UNKNOWN: "Unknown where they disagree",
}
COLUMNS = {
    "Items": st.column_config.NumberColumn(format="localized", help="Items that have the tag, as it was given."),
    "Errors found": st.column_config.NumberColumn(format="localized", help=triage.EXPLAINED["errors_found"]),
    "Wrong as given": st.column_config.Column(help=triage.EXPLAINED["rate"]),
}
WORDS = {1: "yes", 0: "no", -1: "unknown"}


def markdown(text: str) -> str:
    """Markdown by strangers, made harmless: no picture is fetched from anywhere. (Streamlit shows HTML as text.)

    >>> markdown("a hat ![x](https://example.org/x.png)")
    'a hat &#33;[x](https://example.org/x.png)'
    """
    return text.replace("![", "&#33;[")


def said() -> str:
    """What the last click did, once."""
    return str(st.session_state.pop(SAID, ""))


def target(project: Project, by: str) -> None:
    """The project's target, and a form to change it."""
    goal = project.target
    with st.expander(f"Target: at most {100 * goal.max_error_rate:.4g} % of labels still wrong, "
                     f"{100 * goal.confidence:.4g} % sure"), st.form("target", border=False):  # fmt: skip
        left, right = st.columns(2)
        rate = left.number_input(
            "At most so many labels still wrong, %", 0.0, 99.0, 100 * goal.max_error_rate, 0.1, "%.4g"
        )
        sure = right.number_input("How sure to be, %", 1.0, 99.99, 100 * goal.confidence, 1.0, "%.4g")
        if st.form_submit_button("Set the target"):
            _record(project, lambda: [rulings.target(by, round(rate / 100, 8), round(sure / 100, 8))], "Target set.")


def people(project: Project, held: Standing) -> list[str]:
    """Who may be meant: who has a tag, who has answered."""
    assigned = {about.person for about in held.assignments.values() if about.person}
    return sorted(assigned | set(project.verdicts().reviewers), key=str.casefold)


def board(project: Project, held: Standing) -> list[str]:
    """The tags as a table under filters; gives those chosen, in the order they were."""
    row = st.container(horizontal=True, key="board_filters")
    text = row.text_input("Search", placeholder="Search tags", label_visibility="collapsed", width=220)
    who = row.selectbox(
        "Whose", [EVERYBODY, NOBODY, *people(project, held)], label_visibility="collapsed", width=200, key="tags_whose"
    )
    state = row.selectbox("State", ["Any state", *State], label_visibility="collapsed", width=160)
    shown = [tag for tag in project.dataset.tags if _matches(held, tag, text.casefold(), who, state)]
    if not shown:
        st.info("No tag matches. Clear the search, or choose everybody and any state.")
    else:
        figures = triaged.of_tags(project)
        st.dataframe(
            [_row(held, tag, *figures[tag]) for tag in shown],
            hide_index=True,
            width="stretch",
            height=min(36 * (len(shown) + 1) + 3, 420),
            on_select=lambda: _selected(shown),
            selection_mode="multi-row",
            key=TABLE,
            column_config=COLUMNS,
        )
    chosen: list[str] = st.multiselect("Chosen tags", project.dataset.tags, key=CHOSEN, placeholder="Choose tags here, "
                                       "or select rows above")  # fmt: skip
    return chosen


def _matches(held: Standing, tag: str, text: str, who: str, state: str) -> bool:
    about = held.assignments.get(tag)
    person = about.person if about else ""
    mine = who == EVERYBODY or person == ("" if who == NOBODY else who)
    named = text in tag.casefold() or text in held.becomes[tag].casefold()
    return named and mine and (state not in tuple(State) or bool(about and person and about.state == state))


def _row(held: Standing, tag: str, labels: int, found: int, rate: str) -> dict[str, object]:
    about, name = held.assignments.get(tag), held.becomes[tag]
    mine = about if about and about.person else None
    return {
        "Tag": tag,
        "Items": labels,
        "Errors found": found,
        "Wrong as given": rate,
        "Decided": "" if name == tag else f"→ {name}" if name else "dropped",
        "Person": mine.person if mine else "",
        "State": mine.state.value if mine else "",
        "Note": mine.note if mine else "",
        "Definition": held.definition(tag),
    }


def _selected(shown: Sequence[str]) -> None:
    rows = st.session_state[TABLE].selection.rows
    st.session_state[CHOSEN] = [shown[row] for row in rows if row < len(shown)]


def queues(chosen: Sequence[str]) -> None:
    """A way from each chosen tag to its queue."""
    row = st.container(horizontal=True)
    for tag in chosen[:5]:
        name = session.plain(tag if len(tag) < 40 else tag[:39] + "…")
        if row.button(f"Review {name}", key=f"queue_{tag}", icon=":material/play_arrow:"):
            session.go_to_review(tag=tag)


def assign(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """Give the chosen tags to somebody."""
    now = held.assignments.get(chosen[0])
    names = ["", *dict.fromkeys([*([now.person] if now and now.person else []), by, *people(project, held)])]
    left, right = st.columns(2)
    person = left.selectbox("Person", names, index=1 if now and now.person else 0, accept_new_options=True,
                            format_func=lambda name: name or "Nobody", key=f"person_{chosen[0]}",
                            help="Somebody who is not in the list: type the name and press Enter.")  # fmt: skip
    state = one_of(
        "State", list(State), place=right, default=now.state if now else State.OPEN, key=f"state_{chosen[0]}"
    )
    note = st.text_area("Note", now.note if now else "", height=68, key=f"note_{chosen[0]}")
    idle = not person and not any(held.assignments[tag].person for tag in chosen if tag in held.assignments)
    words = "Assign" if person or idle else "Unassign"
    words = f"{words} {len(chosen)} tags" if len(chosen) > 1 else words
    if st.button(words, type="primary", disabled=idle, help="Choose a person first." if idle else None):
        many = [rulings.assign(by, tag, person or "", state, note) for tag in chosen]
        _record(project, lambda: many, f"{len(chosen)} assigned to {person or 'nobody'}.")


def define(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """Write what a tag means."""
    tag = chosen[0]
    text = st.text_area("Definition (Markdown)", held.definition(tag), height=160, key=f"definition_{tag}",
                        placeholder="When is the tag there, when not? Which cases are easily mistaken?")  # fmt: skip
    if text.strip():
        with st.container(border=True):
            st.markdown(markdown(text))
    if st.button("Save the definition", type="primary", disabled=text == held.definition(tag)):
        _record(project, lambda: [rulings.define(by, held.becomes[tag], text)], "Definition saved.")
    examples(project, by, tag)


def examples(project: Project, by: str, tag: str) -> None:
    """The pinned examples and counter-examples of a tag, and a way to pin another."""
    st.markdown("**Pinned examples**, shown beside every question about this tag")
    row = st.container(horizontal=True)
    for item, label in pins.of(project, tag):
        with row.container(width=150, gap="xxsmall"):
            small, why = pictures.picture(project, item)
            if small:
                st.image(small, width=150, alt=item)
            else:
                st.caption(f":material/hide_image: {session.plain(why)}")
            st.caption(f"**{'It is there' if label else 'It is not there'}**  \n{session.plain(item)}")
            if st.button("Unpin", key=f"unpin_{tag}_{item}"):
                _pin(project, by, tag, item, None)
    with st.form(f"pin_{tag}", border=False):
        left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
        item = left.text_input("Id of an item", key=f"pin_item_{tag}")
        kind = middle.selectbox("As", ["an example", "a counter-example"], key=f"pin_kind_{tag}")
        if right.form_submit_button("Pin") and item:
            _pin(project, by, tag, item, int(kind == "an example"))


def _pin(project: Project, by: str, tag: str, item: str, label: int | None) -> None:
    """Pin or unpin and show the page anew, or say why not."""
    try:
        pins.pin(project, by, tag, item, label)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    st.session_state[SAID] = f"{'Unpinned' if label is None else 'Pinned'}: {session.plain(item)}"
    st.rerun()


def merge(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """Make one tag of several."""
    names = list(dict.fromkeys(held.becomes[tag] for tag in chosen if held.becomes[tag]))
    if len(names) < 2:
        st.info("Choose two or more tags to merge.")
        return
    figures = triaged.of_tags(project)
    items = [sum(figures[tag][0] for tag, name in held.becomes.items() if name == each) for each in names]
    to = st.selectbox("Into (at first, the one that most items have)", names, index=items.index(max(items)),
                      accept_new_options=True, help="One of them, or type a new name.",
                      key=f"merge_into_{json.dumps(names)}")  # fmt: skip
    rule = st.radio("A merged label is", list(RULES), format_func=RULES.__getitem__, key="merge_rule")
    _decide(project, lambda why: rulings.merge(by, names, to or "", rule, why))


def rename(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """Give a tag another name."""
    tag = held.becomes[chosen[0]]
    to = st.text_input("New name", max_chars=rulings.LONGEST["name"], key=f"name_{chosen[0]}")
    if to.strip() in ("", tag):  # or what was agreed a moment ago
        st.caption("Type the new name, and see what it does.")
        return
    _decide(project, lambda why: rulings.rename(by, tag, to, why))


def drop(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """Leave a tag out."""
    _decide(project, lambda why: rulings.drop(by, held.becomes[chosen[0]], why))


ACTIONS: dict[str, tuple[Callable[[Project, str, Standing, Sequence[str]], None], bool]] = {
    "Assign": (assign, True),
    "Define": (define, False),
    "Merge": (merge, True),
    "Rename": (rename, False),
    "Drop": (drop, False),
}


def act(project: Project, by: str, held: Standing, chosen: Sequence[str]) -> None:
    """What can be done with the chosen tags."""
    action = one_of("What to do", list(ACTIONS), key="tags_action")
    do, for_several = ACTIONS[action]
    gone = [tag for tag in chosen if not held.becomes[tag]]
    if len(chosen) > 1 and not for_several:
        st.info(f"{action} one tag at a time: choose one.")
    elif gone and action != "Assign":
        st.info(f"{session.plain(gone[0])} is dropped. Take that back first, in the decisions below.")
    else:
        do(project, by, held, chosen)


def _decide(project: Project, make: Callable[[str], Ruling]) -> None:
    """What a ruling would do, and the button that agrees it."""
    why = st.text_input("Why", max_chars=rulings.LONGEST["reason"], key="ruling_why")
    try:
        ruling = make(why)
        _preview(project, decided.preview(project, ruling), ruling)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    if st.button(f"Agree: {session.plain(sentence(ruling))}", type="primary", key="agree"):
        _record(project, lambda: [ruling], f"Decided: {sentence(ruling)}.")


def _preview(project: Project, seen: Preview, ruling: Ruling) -> None:
    st.markdown("**What it does to the labels as they stand**")
    rows = [_counted("before", move.before, move) for move in seen.moves]
    st.dataframe(rows + ([_counted("after", seen.after)] if seen.after else []), hide_index=True, width="stretch",
                 placeholder="")  # fmt: skip
    st.markdown("\n".join(f"- {session.plain(line)}" for line in effects(seen, ruling)))
    grid = st.container(horizontal=True)
    for example in seen.examples:
        with grid.container(width=150, gap="xxsmall"):
            small, why = pictures.picture(project, example.item)
            if small:
                st.image(small, width=150, alt=example.item)
            else:
                st.caption(f":material/hide_image: {session.plain(why)}")
            st.caption(f"{session.plain(_told(example, ruling))}  \n{session.plain(example.item)}")


def effects(seen: Preview, ruling: Ruling) -> list[str]:
    """What a ruling does, in sentences; an export that applies it does exactly this."""
    to, tag = ruling.value.get("to"), ruling.tags[0]
    if ruling.kind is Kind.DROP:
        return [f"{seen.changed:,} items have “{tag}” and lose it.", "It is not asked any more."]
    if ruling.kind is Kind.RENAME:
        return [
            f"The name alone changes, no label: {seen.after.present if seen.after else 0:,} items have “{to}” then."
        ]
    if to in ruling.tags:
        told = [f"On {seen.changed:,} items the label “{to}” changes. On all others it stays as it is."]
    else:
        told = [f"On {seen.changed:,} items the tags say different things. On all others the name alone changes."]
    if seen.conflicts:
        contrary = f"On {seen.conflicts:,} items the tags contradict each other: one is there, another is not."
        told.append(f"{contrary} The rule above decides.")
    if seen.lost:
        told.append(f"On {seen.lost:,} items “{to}” is unknown then, though one of the tags was known.")
    return told


def _told(example: Example, ruling: Ruling) -> str:
    before = ", ".join(f"{tag} {WORDS[label]}" for tag, label in zip(ruling.tags, example.before, strict=True))
    after = "dropped" if example.after is None else f"{ruling.value['to']} {WORDS[example.after]}"
    return f"{before} → {after}"


def _counted(when: str, counts: Counts, move: Move | None = None) -> dict[str, object]:
    figures = {"Present": counts.present, "Absent": counts.absent, "Unknown": counts.unknown}
    moved = {"Become present": move.to_present, "Become absent": move.to_absent,
             "Become unknown": move.to_unknown} if move else {}  # fmt: skip
    return {"": when, "Tag": counts.tag, **figures, **moved}


def _undone(by: str, ruling: Ruling) -> list[Ruling]:
    return [rulings.undo(by, ruling)]


def proposed(held: Standing) -> None:
    """Tags that reviewers missed in the data, most often proposed first."""
    if held.proposed:
        st.subheader("Proposed by reviewers", anchor=False)
        by_count = sorted(held.proposed.items(), key=lambda each: -len(each[1]))
        rows = [{"Tag": name, "Items": len(items), "Seen on": items[:20]} for name, items in by_count]
        st.dataframe(rows, hide_index=True, width="stretch")


def decisions(project: Project, by: str, held: Standing) -> None:
    """The rulings in force with a way to take each back, and the whole log."""
    in_force = [
        ruling
        for ruling in reversed(held.history)
        if ruling.kind is not Kind.UNDO and ruling.uid not in held.undone and ruling.kind is not Kind.ASSIGN
    ]
    if not in_force:
        st.caption("Nothing is decided yet. Choose tags above, then merge, rename, drop or define them.")
    for ruling in in_force[:30]:
        left, right = st.columns([5, 1], vertical_alignment="center")
        broken = f"  \n:material/warning: {session.plain(held.broken[ruling.uid])}" if ruling.uid in held.broken else ""
        why = f" — {session.plain(ruling.why)}" if ruling.why else ""
        left.markdown(f"**{session.plain(sentence(ruling))}**{why}  \n{session.plain(ruling.by)}, "
                      f"{ruling.at:%Y-%m-%d %H:%M} UTC{broken}")  # fmt: skip
        if right.button("Take back", key=f"undo_{ruling.uid}", width="stretch"):
            _record(project, partial(_undone, by, ruling), f"Taken back: {sentence(ruling)}.")
    if held.history:
        with st.expander(f"The whole log: {len(held.history):,} entries"):
            rows = [
                {
                    "When": ruling.at,
                    "By": ruling.by,
                    "What": sentence(ruling),
                    "Why": ruling.why,
                    "Taken back": ruling.uid in held.undone,
                }
                for ruling in reversed(held.history)
            ]
            st.dataframe(rows, hide_index=True, width="stretch")


def _record(project: Project, make: Callable[[], Sequence[Ruling]], done: str) -> None:
    """Store rulings and show the page anew, or say why not."""
    try:
        project.meeting.record(*make())
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    st.session_state[SAID] = session.plain(done)
    st.rerun()
