# A few words for what is done often. Everything is one line to copy where there is no make.
python := .venv/bin/python

.PHONY: start test lint lock screenshots

start: .venv/installed ## the app on the demo project, http://localhost:8501
	.venv/bin/streamlit run app.py

test: .venv/installed ## lint and every test
	$(python) -m tests

lint: .venv/installed ## lint alone
	$(python) -m tests lint

lock: ## requirements*.txt from pyproject.toml
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" \
	  pyproject.toml -o requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" \
	  --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

screenshots: .venv/installed ## docs/img/*.png, taken from the running app
	$(python) docs/screenshots.py

.venv/installed: requirements-dev.txt
	python3 -m venv .venv
	.venv/bin/pip install -r requirements-dev.txt -e .
	touch $@
