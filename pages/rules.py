"""Rules: what one tag says about another, proposed by the data, agreed by people; and the items that break them."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import rulebook, session

reviewer, project = session.admitted(Action.DECIDE)
session.stay_with_project()

st.title("Rules between tags")
st.write("A cat is an animal: an item with the first tag has the second too (→). Nobody has both a beard and no beard: "
         "no item has both tags (×). Agreed rules find labels that cannot all be right.")  # fmt: skip
if said := rulebook.said():
    st.toast(said)

found = rulebook.agreed(project)
st.subheader("Agreed", anchor=False)
if not found:
    st.info("No rule is agreed yet. Choose among the proposals below, add one by hand, or give a file.")
else:
    table = st.dataframe(
        rulebook.agreed_rows(found), hide_index=True, width="stretch", on_select="rerun", selection_mode="multi-row",
        key=rulebook.table_key("agreed", found),
    )  # fmt: skip
    chosen = [found[row] for row in table.selection.rows]
    row = st.container(horizontal=True)
    if row.button("Take back the selected", disabled=not chosen):
        rulebook.take_back(project, reviewer, chosen)
    row.download_button(
        "Items that break rules, as CSV", data=lambda: rulebook.broken_csv(project), on_click="ignore",
        file_name=f"{project.card.name}-broken-rules.csv", icon=":material/download:",
    )  # fmt: skip
    if any(each.broken for each in found):
        with row:
            rulebook.review_broken(project)

st.subheader("Proposed by the labels", anchor=False)
st.caption("Pairs that the labels mostly keep. Where tags are missing a true rule is broken often; whether it is true, "
           "you know. “At least”: the lower end of the 95 % interval of the share that keeps it.")  # fmt: skip
offered = rulebook.proposals(project)
if not offered:
    st.write("The labels propose no rule that is not agreed already.")
else:
    picked = st.dataframe(
        rulebook.proposal_rows(offered), hide_index=True, width="stretch", on_select="rerun",
        selection_mode="multi-row", key=rulebook.table_key("proposed", offered), column_config=rulebook.COLUMNS,
    )  # fmt: skip
    if st.button("Agree on the selected", disabled=not picked.selection.rows):
        rulebook.agree_proposals(project, reviewer, [offered[row] for row in picked.selection.rows])

with st.expander("By hand, or from a file"):
    rulebook.by_hand(project, reviewer)
    rulebook.from_file(project, reviewer)
