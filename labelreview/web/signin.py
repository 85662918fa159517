"""Who is here, in the three ways that the settings know; and signing out, which ends what was signed for them."""

import hashlib
import json
import uuid
from functools import cache
from typing import NoReturn
from urllib.parse import quote, unquote

import streamlit as st

from labelreview.roles import as_person
from labelreview.settings import Settings, SignIn
from labelreview.store import DecisionLog, PeopleLog
from labelreview.web.words import Say

COOKIE = "labelreview_reviewer"
# Session state that is not a widget's: a page switch forgets widgets, and only them.
REVIEWER, SIGN_IN, BEFORE, SIGNED_OUT = "reviewer", "sign_in", "reviewer_before", "signed_out"
CLAIMS = ("iss", "sub", "aud", "iat", "auth_time", "nonce", "sid")

_remember = st.components.v2.component(
    "labelreview.remember",
    js="""
    export default function ({ data }) {
      const age = data.value ? 365 * 24 * 3600 : 0
      document.cookie = `${data.cookie}=${data.value}; path=/; max-age=${age}; SameSite=Strict`
    }
    """,
)


def current_person(settings: Settings, say: Say) -> str:
    """Who is here; asks, and stops the page, while nobody is."""
    return {SignIn.LOCAL: _by_name, SignIn.OIDC: _by_provider, SignIn.PROXY: _by_proxy}[settings.sign_in](settings, say)


def known(settings: Settings) -> str:
    """Who is here, as far as can be told without asking; '' where it cannot. For what is offered, and never for what is
    allowed.
    """
    if settings.sign_in is SignIn.OIDC:
        return _address() if st.user.get("is_logged_in") else ""
    if settings.sign_in is SignIn.PROXY:
        return as_person(st.context.headers.get(settings.user_header, ""))
    return str(st.session_state.get(REVIEWER) or _kept()[0])


def sign_in_id() -> str:
    """The name of this sign-in, which everything signed for it bears."""
    if SIGN_IN not in st.session_state:
        st.session_state[SIGN_IN] = uuid.uuid4().hex
    return str(st.session_state[SIGN_IN])


def card(settings: Settings, person: str, say: Say) -> None:
    """In the sidebar: who is here, and the way out."""
    with st.sidebar.container(key="who", gap="xxsmall"):
        st.caption(say("menu.reviewing", person=plain(person)))
        title = say("menu.not-you" if settings.sign_in is SignIn.LOCAL else "menu.sign-out")
        if st.button(title, key="not_you", type="tertiary"):
            _sign_out(settings, person)


def plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~:$&" else sign for sign in text)


def _sign_out(settings: Settings, person: str) -> None:
    """End the sign-in on every server: tokens and passes that bear its name hold no more, in any tab."""
    people_log(settings.database_url).end(sign_in_id())
    for name in (REVIEWER, SIGN_IN, "token"):
        st.session_state.pop(name, None)
    st.session_state[BEFORE], st.session_state[SIGNED_OUT] = person, True
    if settings.sign_in is SignIn.OIDC:
        st.logout()
        st.stop()
    st.rerun()


def _has_ended(settings: Settings, sign_in: str) -> bool:
    return people_log(settings.database_url).has_ended(sign_in)


@cache
def people_log(url: str) -> PeopleLog:
    """Who is in which project, and which sign-ins were ended, for as long as the process lives."""
    return DecisionLog.open(url).people


def _by_name(settings: Settings, say: Say) -> str:
    """A name, asked once and kept in a cookie of this browser."""
    known = st.session_state.get(REVIEWER, "")
    if not known:
        name, sign_in = _kept()
        if not (sign_in and _has_ended(settings, sign_in)):
            known = name
            if known and sign_in:
                st.session_state[SIGN_IN] = sign_in
    elif _has_ended(settings, sign_in_id()):  # in another tab
        known = ""
        st.session_state.pop(SIGN_IN)
    if not known:
        _remember(key="remember", data={"cookie": COOKIE, "value": ""})
        _ask_name(say)
    st.session_state[REVIEWER] = known
    _remember(key="remember", data={"cookie": COOKIE, "value": f"{quote(known, safe='')}|{sign_in_id()}"})
    return str(known)


def _kept() -> tuple[str, str]:
    """The name and the sign-in in this browser's cookie."""
    name, sign_in, *_ = [*"".join(st.context.cookies.get(COOKIE, "")).split("|"), ""]
    return as_person(unquote(name)), sign_in


def _ask_name(say: Say) -> None:
    with st.container(width=460):
        st.title(say("signin.name-title"))
        st.write(say("signin.name-why"))
        with st.form("who", border=False):
            before = st.session_state.get(BEFORE, "")
            asked = say("signin.name")
            name = as_person(st.text_input(asked, before, max_chars=80, placeholder="Ada", autocomplete="name"))
            sent = st.form_submit_button(say("signin.start"), type="primary")
        if sent and not name:
            st.error(say("signin.no-name"))
        if sent and name:
            st.session_state[REVIEWER] = name
            st.rerun()
    st.stop()


def _by_provider(settings: Settings, say: Say) -> str:
    """Whom the provider of OpenID Connect has signed in."""
    if st.user.get("is_logged_in"):
        claims = {name: st.user.get(name) for name in CLAIMS}
        sign_in = hashlib.sha256(json.dumps(claims, sort_keys=True, default=str).encode()).hexdigest()
        if not _has_ended(settings, sign_in):  # a cookie that somebody kept is good for nothing
            st.session_state[SIGN_IN] = sign_in
            return _address() or _nobody(say("signin.nameless"), say)
    return _ask_to_sign_in(say)


def _ask_to_sign_in(say: Say) -> NoReturn:
    with st.container(width=460):
        st.title(say("signin.title"))
        st.write(say("signin.why"))
        if st.button(say("signin.sign-in"), type="primary", icon=":material/login:"):
            st.login()
    st.stop()


def _address() -> str:
    """The e-mail address, unless the provider says that it is not verified; else the provider's own name for them."""
    address = st.user.get("email") if st.user.get("email_verified") is not False else None
    return as_person(str(address or st.user.get("sub") or ""))


def _by_proxy(settings: Settings, say: Say) -> str:
    """Whom the header of a listed proxy names; the door has taken it off where anybody else sent it."""
    if st.session_state.get(SIGNED_OUT):
        with st.container(width=460):
            st.title(say("signin.signed-out"))
            if settings.sign_out_url:
                st.link_button(say("signin.of-the-proxy"), settings.sign_out_url, icon=":material/logout:")
            if st.button(say("signin.again")):
                del st.session_state[SIGNED_OUT]
                st.rerun()
        st.stop()
    person = as_person(st.context.headers.get(settings.user_header, ""))
    return person or _nobody(say("signin.no-header", header=settings.user_header), say)


def _nobody(why: str, say: Say) -> NoReturn:
    st.title(say("signin.nobody"))
    st.error(why, icon=":material/error:")
    st.stop()
