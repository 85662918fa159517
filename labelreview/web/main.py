"""The frame: the script that Streamlit runs for every page. It stands apart from pages/, since beside them a deep link
right after a start would run a page without it."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import session

PAGES = [
    ("home.py", ":material/dashboard:", "", Action.LOOK),
    ("review.py", ":material/image_search:", "review", Action.ANSWER),
    ("grid.py", ":material/grid_view:", "grid", Action.ANSWER),
    ("item.py", ":material/image:", "item", Action.ANSWER),
    ("adjudicate.py", ":material/gavel:", "adjudicate", Action.ADJUDICATE),
    ("triage.py", ":material/query_stats:", "triage", Action.LOOK),
    ("tags.py", ":material/sell:", "tags", Action.DECIDE),
    ("rules.py", ":material/rule:", "rules", Action.DECIDE),
    ("projects.py", ":material/create_new_folder:", "projects", session.FOUND),
    ("versions.py", ":material/history:", "versions", Action.UPDATE),
    ("export.py", ":material/download:", "export", Action.EXPORT),
    ("people.py", ":material/group:", "people", Action.APPOINT),
    ("audit.py", ":material/manage_search:", "audit", Action.AUDIT),
]

# What only the data team sees speaks English in every language.
ENGLISH = ("triage", "tags", "rules", "projects", "versions", "export", "people")

# Room for pictures and tables; in the sidebar the project first, then who is here.
STYLE = """<style>
.stMainBlockContainer { padding-inline: clamp(1rem, 3vw, 2.5rem); }
[data-testid="stSidebarUserContent"] [data-testid="stLayoutWrapper"]:has(> .st-key-who) { order: 2; }
.st-key-filters_shown { display: none; }
/* On a phone the filters fold under one switch beside the menu, whose line holds nothing else; why a queue is narrow
   stays in sight. */
@media (width < 40rem) { .st-key-filters { gap: 0.5rem; margin-block-start: -4.4rem; align-content: start; }
  .st-key-filters > * { flex: 1 1 40% !important; }
  .st-key-filters > :is(:last-child, .st-key-filters_shown, .st-key-filter_direction) { flex-basis: 100% !important; }
  .st-key-filters_shown { display: flex; align-items: center; min-block-size: 2.75rem; padding-inline-start: 3rem;
    z-index: 1000000; /* above the menu's line, and not over its button */ pointer-events: none; }
  .st-key-filters_shown > * { pointer-events: auto; }
  .st-key-filters:not(:has(.st-key-filters_shown input:checked)) >
    :not(.st-key-filters_shown, [class*="st-key-lift_"]) { display: none; } }
.st-key-remember, .st-key-tongue { display: none; }
/* Contrast: Streamlit's captions are too pale for small print, and white on the dark theme's lighter teal is too. What
   cannot be pressed has no such ground, and white would be white on white. */
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; }
[data-testid="stCaptionContainer"] { opacity: 0.78; }
.stApp [data-testid^="stBaseButton-primary"]:enabled, .stApp [data-testid^="stBaseButton-primary"]:enabled p {
  color: light-dark(#fff, #101214); }
.stApp [data-testid^="stBaseButton-primary"]:disabled, .stApp [data-testid^="stBaseButton-primary"]:disabled p {
  color: light-dark(#5f6368, #a3a8ad); }
</style>"""

st.set_page_config(page_title="Label review", page_icon=str(session.HERE / "icon.png"), layout="wide")
# Streamlit shows the focus of its own links and menus by a shade of grey alone.
st.html("<style>a:focus-visible { outline: 2px solid currentColor; outline-offset: 1px }</style>")
offered = session.offered()  # a link to another page leads there, and it says why it is not for them
registered = [
    st.Page(
        session.screens() / file,
        title=session.say(f"menu.{file.removesuffix('.py')}"),
        icon=icon,
        url_path=path,
        default=not path,
        visibility="visible" if action in offered else "hidden",
    )
    for file, icon, path, action in PAGES
    if (session.screens() / file).exists()
]
page = st.navigation(registered, expanded=True)
st.html(STYLE)
session.tell_language(english=page.url_path in ENGLISH)
page.run()
