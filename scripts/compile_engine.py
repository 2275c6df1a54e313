#!/usr/bin/env python3
"""Compile the engine, and nothing else, with mypyc: the same source, outside the source tree (`make fast`).

Needs the extra [fast], a C compiler and the headers of Python.  What was compiled of an older source goes away.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("compile_engine.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import os
import shutil
import tempfile
from pathlib import Path

from exchange.cli.compiled_engine import BUILDS, build_folder, module_files
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser, complain, say

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "compile_engine.py"


def main(arguments: list[str]) -> int:
    """Compile unless that was done; the exit code."""
    OneLineParser(prog=PROGRAM, description=(__doc__ or "").partition("\n")[0]).parse_args(arguments)
    folder = build_folder()
    if folder.is_dir():
        say(f"the compiled engine is there already: {folder}")
        return 0
    shutil.rmtree(BUILDS, ignore_errors=True)
    BUILDS.mkdir(parents=True)
    # Made whole elsewhere and then renamed: a folder of that name is a whole engine.
    with tempfile.TemporaryDirectory(dir=BUILDS, prefix=".making-") as making:
        try:
            compile_into(Path(making))
        except (ImportError, OSError, SystemExit, RuntimeError) as error:
            complain(f"{PROGRAM}: can't compile the engine: {error}")
            return EXIT_REFUSED
        (Path(making) / "made").rename(folder)
    say(f"the engine is compiled: {folder}")
    return 0


def compile_into(making: Path) -> None:
    """Leave the compiled modules in `making`/made.  Raises ImportError, SystemExit and what compilers raise."""
    from mypyc.build import mypycify
    from setuptools import setup

    os.chdir(ROOT)  # mypyc takes a module's name from its path.
    if sys.platform == "linux":
        # Calls from module to module go straight, not through a table that another library could change: 7 %.
        os.environ["CFLAGS"] = f"{os.environ.get('CFLAGS', '')} -fno-semantic-interposition".strip()
    files = [str(path.relative_to(ROOT)) for path in module_files()]
    extensions = mypycify(
        ["--config-file=", f"--cache-dir={making / 'cache'}", "--strict", *files],
        opt_level="3",
        target_dir=str(making / "c"),
    )
    build = ["build_ext", f"--build-lib={making / 'made'}", f"--build-temp={making / 'objects'}"]
    setup(name="compiled-engine", packages=[], py_modules=[], ext_modules=extensions, script_args=["-q", *build])


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
