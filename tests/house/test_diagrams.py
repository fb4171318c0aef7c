"""The process pictures README shows are those the source draws now."""

from pathlib import Path

from typer.testing import CliRunner

from api.cli import app
from tests.house import source


def test_the_pictures_in_the_readme_are_what_the_process_files_say_now(tmp_path: Path) -> None:
    """A process file that changed leaves a picture of the old process; `fengbu diagrams docs/images` redraws it."""
    assert CliRunner().invoke(app, ["diagrams", str(tmp_path)]).exit_code == 0
    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    images = source.PROJECT / "docs" / "images"
    kept = {path.name: path.read_text() for path in images.glob("process-*.svg")}
    assert drawn == kept, "run `uv run fengbu diagrams docs/images` and look at the pictures"
    readme = (source.PROJECT / "README.md").read_text()
    assert [name for name in drawn if f"docs/images/{name}" not in readme] == []
