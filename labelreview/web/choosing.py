"""A choice between a few things, one of which always holds."""

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def one_of(label: str, options: Sequence[T], *, place: Any = st, key: str, **more: Any) -> T:
    """A row of buttons. A second click on the choice that holds changes nothing: Streamlit's own would leave none, and
    the page would fall back. Where the session holds none of the options, `default` does, or else the first one."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
        more.setdefault("default", options[0])
    else:
        more.pop("default", None)  # Streamlit warns of two first values
    chosen: T = place.segmented_control(label, options, required=True, key=key, **more)
    return chosen
