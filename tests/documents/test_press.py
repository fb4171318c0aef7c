"""A PDF is made behind the click, many in one LibreOffice, and nobody waits for it in a request."""

import time
from collections.abc import Mapping
from threading import Event

import pytest

from flows.documents import office, press
from flows.documents.engine import render
from flows.documents.press import Press, Printing, Stage
from flows.documents.samples import SAMPLES


class Converter:
    """Stands for LibreOffice: waits for `go`, notes what came together, fails when told to."""

    def __init__(self) -> None:
        self.go, self.batches, self.fault = Event(), list[set[str]](), ""

    def __call__(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        self.batches.append(set(files))
        assert self.go.wait(10)
        if self.fault:
            raise office.OfficeFault(self.fault)
        return {name: b"%PDF of " + data for name, data in files.items()}


def settled(one: Press, name: str) -> Printing:
    for _ in range(1000):
        found = one.ask(name, name.encode)
        if found.stage in (Stage.DONE, Stage.FAILED):
            return found
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_what_waits_goes_together_and_is_kept() -> None:
    convert = Converter()
    one = Press(convert)
    assert one.ask("a", lambda: b"a").stage is Stage.WAITING
    while not convert.batches:
        time.sleep(0.01)
    assert one.ask("a", lambda: b"a").stage is Stage.RUNNING
    assert [one.ask(name, name.encode) for name in "bcb"] == [
        Printing(Stage.WAITING, ahead) for ahead in (1, 2, 1)
    ]
    convert.go.set()
    assert settled(one, "c").pdf == b"%PDF of c"
    assert settled(one, "a").pdf == b"%PDF of a"
    assert convert.batches == [{"a"}, {"b", "c"}]


def test_a_failure_is_told_once_and_asking_again_starts_anew() -> None:
    convert = Converter()
    convert.go.set()
    convert.fault = "LibreOffice 在 60 秒内没有完成转换。"
    one = Press(convert)
    assert settled(one, "a").fault == convert.fault
    convert.fault = ""
    assert settled(one, "a").pdf == b"%PDF of a"


def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "MOST_WAITING", 2)
    convert = Converter()
    one = Press(convert)
    one.ask("a", lambda: b"a")
    while not convert.batches:
        time.sleep(0.01)
    stages = [one.ask(name, name.encode).stage for name in "bcd"]
    assert stages == [Stage.WAITING, Stage.WAITING, Stage.FULL]
    convert.go.set()
    assert settled(one, "b").stage is Stage.DONE
    assert settled(one, "d").stage is Stage.DONE


def test_without_libreoffice_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda: None)
    with pytest.raises(office.OfficeFault, match="没有安装 LibreOffice"):
        office.to_pdf({"a": b""})


@pytest.mark.xdist_group("office")
@pytest.mark.skipif(office.program() is None, reason="LibreOffice (soffice) 未安装")
def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(office.OfficeFault, match="没有完成转换"):
        office.to_pdf({"a": render("D16", SAMPLES["D16"]).data}, patience=0.01)
