"""The street door: `streamlit run app.py`. Streamlit finds `app` by parsing this file, so it is assigned literally."""

import streamlit as st

from labelreview.settings import Settings
from labelreview.web import serving
from labelreview.web.routes import routes

app = st.App(serving.MAIN, routes=routes(Settings.from_environment()), lifespan=serving.lifespan)
