"""Dockerfile, compose.yaml and Caddyfile: their steps are followed, and what they say of each other agrees.

No image is built here. The Dockerfile's steps are followed in a folder and a virtual environment of its own. Packages
are taken from this environment, whose versions must be those that requirements.txt pins; with
LABELREVIEW_TEST_DEPLOY=full pip gets them anew, as it would in the image.
"""

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from labelreview import settings as ours
from labelreview.settings import Settings
from tests.dockerfile import Image, instructions
from tests.gallery import gallery

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("LABELREVIEW_TEST_DEPLOY") == "full"
NEED_AN_IMAGE = ("useradd ",)
STEPS = instructions((ROOT / "Dockerfile").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")


def packages_of_here(image: Image) -> None:
    """In place of pip: this environment's packages, if they are the pinned ones, without our own."""
    for line in (image.at("requirements.txt")).read_text("utf-8").splitlines():
        if line and not line.lstrip().startswith("#"):
            pin = Requirement(line.partition(" #")[0])
            if pin.marker is None or pin.marker.evaluate():
                assert version(pin.name) in pin.specifier, f"{pin.name} here is {version(pin.name)}"
    site = next(image.root.glob("opt/labelreview/lib/python*/site-packages"))
    (site / "here.pth").write_text(sysconfig.get_path("purelib") + "\n")


def run(image: Image, command: str) -> None:
    """Follow a RUN, but for what only an image can do."""
    if command.startswith(NEED_AN_IMAGE):
        return
    if command.startswith("python -m venv"):
        image.run(command.replace("python", sys.executable, 1) + ("" if FULL else " --without-pip"))
    elif FULL or not command.startswith("pip install"):
        image.run(command)
    elif "requirements.txt" in command:
        packages_of_here(image)
    else:  # nothing but what was copied is there to build from
        image.run(f"{sys.executable} -m pip --python /opt/labelreview install -q --no-deps --no-build-isolation .")


def followed(image: Image) -> Image:
    """The image after all steps."""
    for word, rest in STEPS:
        if word == "RUN":
            run(image, rest)
        elif word == "COPY" and not rest.startswith("--from="):
            image.copy(rest)
        elif word == "ENV":
            image.env(rest)
        elif word == "WORKDIR":
            image.folder = rest
        elif word == "CMD":
            image.command = rest
        elif word == "HEALTHCHECK":
            image.health = rest.partition("CMD ")[2]
    return image


@pytest.mark.skipif(sys.platform != "linux", reason="the image is of Linux")
def test_the_steps_of_the_dockerfile_give_an_app_that_answers_its_health_check(tmp_path):
    image = followed(Image(tmp_path / "image", ROOT))
    home = Path(image.environment["LABELREVIEW_HOME"])
    gallery(Settings.from_environment({"LABELREVIEW_HOME": str(home)}), tmp_path, items=2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [port if word == "8501" else word.replace("0.0.0.0", "127.0.0.1") for word in json.loads(image.command)]
    health = [word.replace("8501", port) for word in json.loads(image.health)]
    environment = {**image.environment, "HOME": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        app = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 120
        while subprocess.run(health, cwd=tmp_path, env=environment, capture_output=True).returncode:
            assert app.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.1)
    finally:
        app.terminate()
        app.wait(60)
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    started = next(at for at, line in enumerate(lines) if '"event": "started"' in line)
    assert [line for line in lines[started:] if not line.startswith("{")] == []
    assert "stopped" in [json.loads(line)["event"] for line in lines[started:]]


def test_all_that_the_dockerfile_copies_is_let_in_by_dockerignore_and_nothing_else():
    copied = {source for word, rest in STEPS if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]}
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


def test_compose_names_settings_that_there_are_and_everything_that_it_needs_stands_in_the_example():
    text = (ROOT / "compose.yaml").read_text("utf-8")
    known = set(re.findall(r'"(LABELREVIEW_\w+)"', Path(ours.__file__).read_text("utf-8")))
    for name in ("app-1", "app-2"):
        assert set(COMPOSE["services"][name]["environment"]) <= known
    example = re.findall(r"^(\w+)=", (ROOT / "deploy" / "example.env").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"\$\{(\w+)", text)) == set(example)


def test_what_compose_gives_the_app_are_settings_that_it_takes(tmp_path):
    told = dict.fromkeys(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text("utf-8")), "x")
    told |= {"LABELREVIEW_OIDC_URL": "https://accounts.example.org", "LABELREVIEW_SITE": "labels.example.org"}

    def filled(value: str) -> str:
        return re.sub(r"\$\{(\w+):\?\}", lambda found: told[found[1]], value)

    given = {name: filled(value) for name, value in COMPOSE["services"]["app-1"]["environment"].items()}
    taken = Settings.from_environment({**given, "LABELREVIEW_HOME": str(tmp_path)})
    assert taken.provider
    assert taken.provider.app_url == "https://labels.example.org"
    assert COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"] == str(taken.proxies[0])


def test_only_the_proxy_is_reached_from_outside_and_it_knows_both_servers():
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert set(re.findall(r"(app-\d):8501", CADDYFILE)) == {name for name in services if name.startswith("app-")}
    assert "respond @inside 404" in CADDYFILE
    assert set(re.findall(r"@inside path (.*)", CADDYFILE)[0].split()) >= {"/metrics", "/readyz", "/healthz"}
    paths = {volume.partition(":")[2].split(":")[0] for volume in services["app-1"]["volumes"]}
    assert paths >= set(json.loads(dict(STEPS)["VOLUME"]))
