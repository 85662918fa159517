"""The street door: `streamlit run app.py`. Streamlit finds `app` by parsing this file, so it is assigned literally."""

from pathlib import Path

import streamlit as st

from labelreview.settings import Settings
from labelreview.web.routes import routes

HERE = Path(__file__).parent.resolve()
app = st.App(HERE / "labelreview" / "web" / "main.py", routes=routes(Settings.from_environment()))
