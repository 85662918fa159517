"""The lock check itself: it must see what it is there to see."""

import pytest

from tests import lock

PYPROJECT = """
[project]
dependencies = ["numpy>=2.1", "streamlit[performance]>=1.64,<2"]
[project.optional-dependencies]
dev = ["pytest>=8.4"]
"""
APP = """numpy==2.4.6 ; python_full_version < '3.12'
numpy==2.5.5 ; python_full_version >= '3.12'
    # via streamlit
streamlit==1.67.0
"""
DEV = APP + "pytest==9.2.0\n"


def test_locks_that_agree_have_no_disagreement() -> None:
    assert lock.disagreements(PYPROJECT, APP, DEV) == []


@pytest.mark.parametrize(
    ("app", "dev", "said"),
    [
        (APP.replace("1.67.0", "1.63.0"), DEV.replace("1.67.0", "1.63.0"), "streamlit==1.63.0 does not satisfy"),
        (APP, DEV.replace("2.5.5", "2.5.4"), "'numpy' is ['2.4.6', '2.5.4'], in requirements.txt ['2.4.6', '2.5.5']"),
        (APP.replace("streamlit==1.67.0", ""), DEV, "requirements.txt: 'streamlit' of pyproject.toml has no pin"),
        (APP, APP, "requirements-dev.txt: 'pytest' of pyproject.toml has no pin"),
        (APP, DEV.replace("pytest==9.2.0", "pytest>=9"), "line 5: 'pytest>=9' must be pinned with one `==`"),
        (APP, DEV + "--extra-index-url=https://example.org\n", "is not a pin"),
        (APP, DEV + "left @ https://example.org/left.whl\n", "must be pinned with one `==`"),
    ],
)
def test_a_lock_that_disagrees_is_named(app: str, dev: str, said: str) -> None:
    assert any(said in line for line in lock.disagreements(PYPROJECT, app, dev))
