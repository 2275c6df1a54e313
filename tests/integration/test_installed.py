"""The package as one installs it: built as sdist and wheel, put into a fresh environment, used from elsewhere.

Nothing is fetched: the environment is lent the packages of others that this one has.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import site
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

import exchange
from exchange.cli.subcommands import SUBCOMMANDS
from tests.support.project import ROOT
from tests.support.raw_client import RawClient, limit
from tests.support.started_process import started_process

# From this version on it builds wheels by itself.
SETUPTOOLS_LEAST = (70, 1)
WAIT_S = 60.0
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{kind}(sys.argv[1]))"
# What the package has beside its modules.
SHIPPED = ("*.md", "py.typed")

pytestmark = pytest.mark.skipif(
    tuple(int(part) for part in metadata.version("setuptools").split(".")[:2]) < SETUPTOOLS_LEAST,
    reason="needs setuptools 70.1 to build a wheel without fetching anything: pip install -e '.[dev]'",
)


class Distributions(NamedTuple):
    """What is published."""

    sdist: Path
    wheel: Path


class Installed(NamedTuple):
    """An environment with the package, and a home directory in which nothing was done yet."""

    bin: Path
    home: Path

    def command(self, *words: str) -> list[str]:
        return [str(self.bin / "exchange"), *words]

    def environment(self) -> dict[str, str]:
        """That of a person who has neither chosen a place nor set anything for this project."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, "HOME": str(self.home)}

    def run(self, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.home,
            env={**self.environment(), **environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )


def build(kind: str, project: Path, directory: Path) -> Path:
    """Build a distribution of the project; the file."""
    command = [sys.executable, "-c", BUILD.format(kind=kind), str(directory)]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    return directory / ended.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """An sdist of a copy of the project, and the wheel that is built from nothing but it."""
    project, directory = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("dist")
    for folder in ("exchange", "tui"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, project)
    sdist = build("sdist", project, directory)
    unpacked = directory / sdist.name.removesuffix(".tar.gz")
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(directory)], check=True, timeout=WAIT_S)
    return Distributions(sdist, build("wheel", unpacked, directory))


@pytest.fixture(scope="module")
def installed(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    environment, home = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=WAIT_S)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(built.wheel)]
    subprocess.run([*pip, "--disable-pip-version-check"], check=True, timeout=WAIT_S)
    [packages] = (environment / "lib").glob("python*/site-packages")
    (packages / "lent.pth").write_text("".join(f"{path}\n" for path in site.getsitepackages()))
    return Installed(environment / "bin", home)


def files_of_the_package() -> set[str]:
    """Every module of the project's packages, and what is shipped beside them."""
    folders = [ROOT / "exchange", ROOT / "tui"]
    paths = {path for folder in folders for pattern in ("*.py", *SHIPPED) for path in folder.rglob(pattern)}
    return {str(path.relative_to(ROOT)) for path in paths}


def test_wheel_and_sdist_hold_every_module_and_page_and_say_that_they_are_typed(built: Distributions) -> None:
    expected = files_of_the_package()
    assert {"exchange/py.typed", "tui/py.typed", "exchange/RULES.md", "exchange/cli/main.py"} <= expected
    with zipfile.ZipFile(built.wheel) as wheel:
        in_wheel = {name for name in wheel.namelist() if not re.match(r"[^/]+\.dist-info/", name)}
    assert in_wheel == expected
    with tarfile.open(built.sdist) as sdist:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
    assert expected <= in_sdist


def test_the_version_is_the_same_wherever_it_is_asked_for(built: Distributions, installed: Installed) -> None:
    version = exchange.__version__
    assert installed.run("--version").stdout == f"exchange {version}\n"
    assert [path.name.split("-")[1].removesuffix(".tar.gz") for path in built] == [version, version]
    ask = [str(installed.bin / "python"), "-c"]
    ask.append("from importlib.metadata import version; print(version('exchange-simulator'))")
    told = subprocess.run(ask, cwd="/", capture_output=True, text=True, check=True)
    assert told.stdout == f"{version}\n"
    assert re.search(r"^version = attr: exchange\.__version__$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)


def test_python_with_m_is_the_same_command(installed: Installed) -> None:
    command = [str(installed.bin / "python"), "-m", "exchange", "--help"]
    told = subprocess.run(
        command, cwd=installed.home, env=installed.environment(), capture_output=True, text=True, check=True
    )
    assert told.stdout == installed.run("--help").stdout


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself_where_it_is_installed(name: str, installed: Installed) -> None:
    told = installed.run(name, "--help")
    missing = f"exchange {name}: {name} needs the module"
    if SUBCOMMANDS[name].extra is not None and told.stderr.startswith(missing):
        assert told.returncode == 2 and told.stderr.count("\n") == 1
        return
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"usage: exchange {name} [-h]")


def test_an_engine_runs_from_any_folder_and_keeps_its_data_where_the_user_has_such_things(
    installed: Installed,
) -> None:
    command = installed.command("engine", "--port", "0")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started_process(command, cwd=installed.home, env=installed.environment(), **streams) as engine:
        assert engine.stdout is not None
        line = engine.stdout.readline()
        port = int(line.rpartition(":")[2])
        with RawClient(port) as alice, RawClient(port) as bob:
            alice.login("alice")
            bob.login("bob")
            alice.ask(limit("a-1", "SELL", 5, 10))
            accepted, executed = bob.ask(limit("b-1", "BUY", 5, 10))
            assert (accepted["type"], executed["trade_id"]) == ("order_accepted", 1)
        client = installed.run("trade", "--plain", "--user", "carol", "--port", str(port), typed="buy 1 1\n")
        assert (client.returncode, client.stderr) == (0, "") and "accepted: order" in client.stdout
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(WAIT_S) == 0
    data = installed.home / ".local" / "share" / "exchange-simulator"
    assert (data / "trades" / "trades.jsonl").read_text().count("\n") == 1
    assert [path.name.partition(".")[0] for path in (data / "tokens").glob("token_*")] == ["token_carol"]
    assert [path.name for path in installed.home.iterdir()] == [".local"]
    verified = installed.run("verify")
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "sound")


def test_the_demo_runs_where_there_are_no_scripts(installed: Installed, tmp_path: Path) -> None:
    told = installed.run("demo", DEMO_SECONDS="1", TMPDIR=str(tmp_path))
    assert (told.returncode, told.stderr) == (0, "")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  ACME  bid .*\n", told.stdout)
    assert list(tmp_path.iterdir()) == []
