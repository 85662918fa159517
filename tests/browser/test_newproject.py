"""A project made from files that somebody uploads."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from labelreview.desk import folder
from labelreview.settings import Settings
from tests.browser.conftest import PATIENCE, READY
from tests.served import Server

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def test_arrays_with_their_names_and_a_second_model_become_a_project(
    server: Server, settings: Settings, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{server.address}/projects")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_label("Your name").fill("ann")
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Upload", exact=True).first.click(timeout=PATIENCE)
    inputs = page.locator("input[type=file]")
    expect(inputs).to_have_count(3, timeout=PATIENCE)
    page.get_by_label("Name of the project").fill("uploaded")
    labels = [SAMPLES / "numpy" / f"labels.{end}" for end in ("npy", "ids.txt", "tags.txt")]
    inputs.nth(0).set_input_files(labels)
    expect(page.get_by_text("labels.tags.txt")).to_be_visible(timeout=PATIENCE)
    other = {"name": "hers.csv", "mimeType": "text/csv", "buffer": b"id,cat,dog\na.jpg,0.9,0.2\nb.jpg,0.4,0.8\n"}
    mine = {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"id,dog,cat\na.jpg,0.1,0.7\nb.jpg,0.9,0.3\n"}
    inputs.nth(1).set_input_files([other, mine])
    expect(page.get_by_text("mine.csv")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Check the files").click()
    page.get_by_role("button", name="Create the project").click(timeout=PATIENCE)
    expect(page.get_by_label("Project", exact=True)).to_be_visible(timeout=PATIENCE)
    made = folder.read(settings.projects, "uploaded")
    assert [(model.name, model.file) for model in made.card.models] == [("hers", "hers.csv"), ("mine", "mine.csv")]
    assert made.dataset.labels.tolist() == [[1, 0], [-1, 1]]
    page.wait_for_url("**/?project=uploaded", timeout=PATIENCE)
    page.get_by_role("link", name="Versions").click(timeout=PATIENCE)  # another page is about the same project
    page.wait_for_url("**/versions?project=uploaded", timeout=PATIENCE)
