"""The pages that take files, in a real browser: what is read can be cancelled, and a new version is given by hand."""

from playwright.sync_api import expect

from labelreview.desk import folder
from tests.browser.conftest import PATIENCE


def test_cancel_ends_the_reading_of_a_large_file_and_nothing_is_left(server, settings, newcomer, tmp_path):
    rows = "".join(f"item{at},1,0,1\n" for at in range(800_000))
    (tmp_path / "large.csv").write_text('id,hat,cat,boat\na"b,1,0,1\n' + rows)  # the quote makes it slow
    page = newcomer().open(server.address, name="Ada").page
    page.goto(f"{server.address}/projects")
    page.get_by_label("Name of the project").fill("large")
    page.get_by_label("Labels", exact=True).fill(str(tmp_path / "large.csv"))
    page.get_by_label("Predictions, one model").fill(str(tmp_path / "predictions.csv"))
    page.get_by_role("button", name="Check the files").click()
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    expect(page.get_by_text("Cancelled. Nothing was written.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Check report")).to_have_count(0)
    assert folder.names(settings.projects) == ["gallery"]


def test_the_owner_uploads_new_labels_reads_what_changes_and_updates(server, settings, newcomer, tmp_path):
    before = folder.read(settings.projects, "gallery")
    text = (tmp_path / "labels.csv").read_text()
    first = text.splitlines()[1]
    other = first[:-1] + str(1 - int(first[-1]))
    page = newcomer().open(server.address, name="Ada").page
    page.goto(f"{server.address}/versions")
    page.get_by_text("Upload", exact=True).click()
    upload = page.locator("input[type=file]").first
    upload.wait_for(state="attached", timeout=PATIENCE)
    upload.set_input_files({"name": "new.csv", "mimeType": "text/csv", "buffer": text.replace(first, other).encode()})
    expect(page.get_by_text("new.csv")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("button", name="Update the project").click(timeout=PATIENCE)
    expect(page.get_by_text("What would change", exact=True)).to_have_count(0, timeout=PATIENCE)
    after = folder.read(settings.projects, "gallery")
    assert len(after.card.versions) == 2
    assert (after.dataset.labels != before.dataset.labels).sum() == 1
    assert not list(settings.uploads.iterdir())
