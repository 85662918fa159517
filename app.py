"""The street door: `streamlit run app.py`. Streamlit finds `app` by parsing this file, so it is assigned literally."""

import streamlit as st

from labelreview.web import serving

app = st.App(
    serving.MAIN,
    routes=serving.routes(),
    lifespan=serving.lifespan,
    middleware=serving.middleware(),
    secrets=serving.secrets(),
)
