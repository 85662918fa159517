# The app in an image: `docker build -t labelreview .`. tests/integration/test_deploy.py follows these steps.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/labelreview
ENV PATH=/opt/labelreview/bin:$PATH
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md LICENSE app.py ./
COPY .streamlit .streamlit
COPY data/demo data/demo
COPY labelreview labelreview
COPY pages pages
RUN pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/labelreview /opt/labelreview
RUN useradd --uid 10001 --create-home labelreview && install -d -o labelreview -g labelreview -m 700 /state /backups
ENV PATH=/opt/labelreview/bin:$PATH \
    LABELREVIEW_HOME=/state \
    LABELREVIEW_LOG=json \
    STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true
USER labelreview
WORKDIR /home/labelreview
VOLUME ["/state", "/backups"]
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=5)"]
CMD ["labelreview", "serve", "--address", "0.0.0.0", "--port", "8501"]
