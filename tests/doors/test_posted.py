"""What a request brings is read in one way."""

import pytest

from api.pages.posted import whole
from tests.doors.conftest import Server


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("0", 0), ("007", 7), ("999999999", 999_999_999), ("1000000000", None), ("", None), ("-1", None),
     ("1.0", None), ("²", None), ("１２", None), ("9" * 5000, None)],
)  # fmt: skip
def test_only_a_short_number_of_plain_digits_is_one(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_odd_numbers_in_addresses_and_forms_are_no_failures(server: Server) -> None:
    """“²” is a digit to Python and no number; 5,000 nines are too long for it to read."""
    officer = server.client("chenjiamin")
    assert officer.get("/notices/deliveries", params={"at": "9" * 5000}).status_code == 200
    chosen = officer.post("/backfills", data={"institution": "²", "source_document": "清单"})
    assert chosen.status_code == 422 and "请选择为哪一家机构补录。" in chosen.text
