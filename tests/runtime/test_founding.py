"""A real system from nothing: `fengbu init` on an empty database of its own, then the first person signs in."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import Session, create_engine, select

from api.auth import entry
from api.runtime import postgres
from api.runtime.parts import FENGBU
from api.runtime.prefect_server import PROJECT, without_prefect_variables
from flows.actions.people import passwords
from models.database import sqlalchemy_url
from models.records import institution
from models.records.institution import Institution, InstitutionName
from models.records.office_act import OfficeAct
from models.records.person import Person, by_login


def fengbu(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in without_prefect_variables().items()
        if name != "DATABASE_URL" and not name.startswith("FENGBU_")
    }
    return subprocess.run(
        [sys.executable, *FENGBU[1:], *words], cwd=PROJECT, capture_output=True, text=True, check=False,
        env={**environment, "FENGBU_DATA_DIR": str(place)}, timeout=120,
    )  # fmt: skip


def filled(template: str) -> str:
    """The template with the two people it asks for."""
    names = iter(("张衡", "李冰"))
    mails = iter(("zh@example.cn", "lb@example.cn"))
    text = re.sub(r'\{(at: GXJ.*?)name: ""', lambda m: f"{{{m[1]}name: {next(names)}", template)
    return re.sub(r'(at: GXJ.*?)email: ""', lambda m: f"{m[1]}email: {next(mails)}", text)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = fengbu(tmp_path_factory.mktemp("none"), "init", "--template")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_people_of_an_empty_database_come_from_a_file(tmp_path: Path, template: str) -> None:
    place, file = tmp_path / "var", tmp_path / "机构.yaml"
    file.write_text(template, encoding="utf-8")
    empty = fengbu(place, "init", str(file))
    assert empty.returncode == 2 and "people.1.name：请填写姓名。" in empty.stderr, empty.stderr
    file.write_text(filled(template), encoding="utf-8")
    done = fengbu(place, "init", str(file))
    assert done.returncode == 0, done.stderr
    assert "东莞市工业和信息化局" in done.stdout and "中共东莞市委金融委员会办公室" in done.stdout
    secret = re.search(r"^ +xitong\t(\S+)\t张衡（系统管理）$", done.stdout, re.MULTILINE)
    assert secret is not None, done.stdout
    again = fengbu(place, "init", str(file))
    assert again.returncode == 2 and "不能再次初始化" in again.stderr
    lost = fengbu(place, "reset-admin", "xitong")
    fresh = re.search(r"新初始密码：(\w+)", lost.stdout)
    assert fresh is not None, lost.stderr
    assert fengbu(place, "reset-admin", "tongchou").returncode == 2

    running = postgres.start(place)
    engine = create_engine(sqlalchemy_url(running.url_for(postgres.APP_DATABASE)))
    try:
        with Session(engine) as s:
            who = by_login(s, "xitong")
            assert who is not None and passwords.expired(who)
            assert not passwords.verify_password(secret[1], who.password_hash)
            assert isinstance(entry.enter(s, "xitong", fresh[1]), Person)
            acts = [(row.act, row.about_name) for row in s.exec(select(OfficeAct).order_by(OfficeAct.id))]  # type: ignore[arg-type]
            assert acts == [("person_added", "张衡"), ("person_added", "李冰"), ("password_reset", "张衡")]
            office = institution.by_code(s, "JRB")
            assert office is not None
            named = select(InstitutionName).where(InstitutionName.institution_id == office.id)
            assert len(s.exec(named).all()) == 2
            assert len(s.exec(select(Institution)).all()) == 9
    finally:
        engine.dispose()
        running.stop()
