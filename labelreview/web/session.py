"""Who is here, which project is open, what is filtered: all caching and all session state of the web doors.

Routes and pages share one opened project per name: the cache belongs to the process, not to a session.
"""

import os
import time
from pathlib import Path

import streamlit as st

from labelreview.desk import folder
from labelreview.desk.auditing import AUDIT
from labelreview.desk.orders import LEARNED
from labelreview.desk.people import NotAllowed, People
from labelreview.desk.project import Project
from labelreview.errors import LabelReviewError
from labelreview.review.worklist import Filters
from labelreview.roles import Action, as_person
from labelreview.scoring import POOLERS
from labelreview.settings import OWNERS, Settings, SignIn
from labelreview.web import auth, signin, wording, words
from labelreview.web.signin import plain as plain

HERE = Path(__file__).parent


def screens() -> Path:
    """The folder of the pages: of the clone, or where the wheel put them."""
    places = (HERE.parents[1] / "pages", HERE.parent / "_screens" / "pages")
    return next((place for place in places if (place / "review.py").exists()), places[0])


def _page(name: str) -> str:
    return Path(os.path.relpath(screens() / name, HERE)).as_posix()


# Streamlit knows pages by their path from the script that it runs, main.py beside this file.
HOME, REVIEW, NEW_PROJECT, EXPORT, TAGS = map(_page, ("home.py", "review.py", "projects.py", "export.py", "tags.py"))
LANGUAGE_COOKIE = "labelreview_language"
# Session state that is not a widget's: a page switch forgets widgets, and only them.
PROJECT, TOKEN, PERSON = "project_name", "token", "person"
PICKED, LANGUAGE = "project_picked", "language"
FOUND = "found"  # to make projects, which is an action in none
DISPUTES = Filters(disputes=True)
NEW_TOKEN_AFTER = auth.TOKEN_SECONDS / 4
_tongue = st.components.v2.component(
    "labelreview.tongue",
    js="""
    export default function ({ data }) {
      document.documentElement.lang = data.menu
      document.querySelector('[data-testid=stMain]').lang = data.page
    }
    """,
)


def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment()


def opened(of: Settings, name: str) -> Project:
    """The project of that name, opened once for all; opened anew after its data changed."""
    return _opened((of, folder.checked_name(name)))


# One parameter with a key of our own: Streamlit looks at each anew with every picture.
@st.cache_resource(
    max_entries=16,
    hash_funcs={tuple: lambda of: f"{of[0].home}\0{of[0].database_url}\0{of[1]}"},
    show_spinner=False,
    validate=lambda project: project.folder.is_current,
    on_release=lambda project: project.retire(),
)
def _opened(of: tuple[Settings, str]) -> Project:
    return Project.open(*of)


def current_project(person: str) -> Project:
    """The project of this session: of the address, else the last one, else the first; chosen in the sidebar.

    Shows what to do and stops where there is none.
    """
    names = folder.names(settings().projects)
    if names and settings().sign_in is not SignIn.LOCAL:
        names = [name for name in names if _is_in(name, person)] or _in_no_project(person)
    if not names:
        _no_project()
    wanted = st.query_params.get("project") or st.session_state.get(PROJECT, names[0])
    if wanted not in names:
        st.warning(say("project.not-here", wanted=plain(wanted), name=names[0]), icon=":material/info:")
        wanted = names[0]
    st.session_state[PICKED] = wanted  # always: on a page that is new to it, the widget would begin with the first name
    name: str = st.sidebar.selectbox(say("menu.project"), names, key=PICKED, on_change=_project_picked)
    st.session_state[PROJECT] = name
    if st.query_params.get("project") != name:
        st.query_params["project"] = name
    try:
        return opened(settings(), name)
    except LabelReviewError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()


def switch_project(name: str) -> None:
    """Go to the overview of another project."""
    st.switch_page(HOME, query_params={"project": name})


def go_to_review(**filters: str) -> None:
    """Go and review what the filters (tag, direction, text) leave."""
    st.switch_page(REVIEW, query_params={"project": st.session_state[PROJECT], **filters})


def _project_picked() -> None:
    st.session_state[PROJECT] = st.session_state[PICKED]
    st.query_params.from_dict({"project": st.session_state[PICKED]})  # another project has other tags to filter by


def _is_in(name: str, person: str) -> bool:
    now = settings()
    return People(signin.people_log(now.database_url), folder.uid(now.projects, name), now).role(person) is not None


def _in_no_project(person: str) -> list[str]:
    st.title(say("project.none"))
    st.write(say("project.not-in", person=plain(person)))
    st.stop()


def _no_project() -> None:
    st.title(say("project.none"))
    st.write(say("project.what"))
    st.write(say("project.make"))
    st.stop()


def admitted(action: Action) -> tuple[str, Project]:
    """Who is here and the project of this session, in which they may do that; else says why not, and stops the page."""
    person = current_person()
    project = current_project(person)
    try:
        project.people.check(person, action)
    except NotAllowed as error:
        st.title(say("project.no-access"))
        st.warning(plain(wording.trouble(error, language())), icon=":material/lock:")
        st.stop()
    return person, project


def offered() -> frozenset[str]:
    """What the menu offers: what who is here may do in the project that is open, as far as can be told unasked."""
    now = settings()
    everything = frozenset({*Action, FOUND})
    try:
        if not (person := signin.known(now)):
            return everything if now.sign_in is SignIn.LOCAL else frozenset({Action.LOOK})
        names = folder.names(now.projects)
        name = st.query_params.get("project") or st.session_state.get(PROJECT) or next(iter(names), "")
        uid = folder.uid(now.projects, name) if name in names else ""
        may: frozenset[str] = People(signin.people_log(now.database_url), uid, now).actions(person)
    except LabelReviewError:
        return everything  # the page says what is wrong
    return may | {FOUND} if now.sign_in is SignIn.LOCAL or person in map(as_person, now.owners) else may


def founder() -> str:
    """Who is here, where they may make projects; else says why not, and stops the page."""
    person = current_person()
    if not may_name_files():
        st.title(say("project.no-access"))
        st.warning(say("project.founders", setting=OWNERS), icon=":material/lock:")
        st.stop()
    return person


def may_name_files() -> bool:
    """Whether who is here may name files of the server, and so make projects: locally everybody."""
    now = settings()
    return now.sign_in is SignIn.LOCAL or known_person() in map(as_person, now.owners)


def current_person() -> str:
    """Who is here. Asked once; stops the page while it asks."""
    person = signin.current_person(settings(), say)
    st.session_state[PERSON] = person
    signin.card(settings(), person, say)
    return person


def known_person() -> str:
    """Who is here, on a page that has asked."""
    return str(st.session_state[PERSON])


def may(project: Project, person: str, action: Action) -> bool:
    """Whether a person may do something in a project, for what a page shows of it."""
    return action in project.people.actions(person)


def language() -> str:
    """The language chosen in this browser, else English."""
    chosen = st.session_state.get(LANGUAGE) or st.context.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in words.LANGUAGES else words.FIRST


def say(key: str, **values: object) -> str:
    """A sentence of the catalogue in the language of this session."""
    return words.say(language(), key, **values)


def tell_language(*, english: bool) -> None:
    """Let the browser know the words for what they are, for whoever has them read out. `english`: this page's always
    are."""
    _tongue(key="tongue", data={"menu": language(), "page": words.FIRST if english else language()})


def choose_language(way: str = "loop") -> None:
    """A way to review asked for another language: from now on every page speaks it, where the catalogue has it."""
    st.session_state[LANGUAGE] = st.session_state[way]["language"]
    for key in [key for key in st.session_state if str(key).startswith("filter_")]:  # a box shows words of its own else
        st.session_state[key] = st.session_state[key]


def token(project: Project, reviewer: str, *actions: Action) -> str:
    """A token for what a page does by the routes; the same for a while: a rerun changes nothing in the browser."""
    made_for = (project.card.uid, reviewer, actions)
    kept = st.session_state.get(TOKEN)
    if kept is None or kept[0] != made_for or time.time() - kept[1] > NEW_TOKEN_AFTER:
        text = auth.token(auth.secret(settings().home), project.card.uid, reviewer, actions, signin.sign_in_id())
        kept = st.session_state[TOKEN] = (made_for, time.time(), text)
    return str(kept[2])


def forget_token() -> None:
    """The browser's token was not taken: the next one is a new one."""
    st.session_state.pop(TOKEN, None)


def order_titles(project: Project) -> dict[str, str]:
    """The project's orders in words, with the name that addresses use; "" is the learned one, which none need name."""
    names = {LEARNED: LEARNED, AUDIT: AUDIT, **project.orders.names}
    return {
        "" if name == LEARNED else name:
        f"{say('order.items', pooler=key.replace('_', ' ')) if key in POOLERS else say(f'order.{key}')} · {name}"
        for name, key in names.items()
    }  # fmt: skip


def stay_with_project(*names: str) -> None:
    """Leave nothing in the address but the project and these: filters of another page mean nothing here."""
    kept = {name: st.query_params[name] for name in ("project", *names) if name in st.query_params}
    if set(st.query_params) != {"project", *kept}:
        st.query_params.from_dict({"project": "", **kept})
