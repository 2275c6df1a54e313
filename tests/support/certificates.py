"""A certificate for tests, made by the `openssl` command; a test that needs one is skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Certificate(NamedTuple):
    """A certificate that vouches for itself, for 127.0.0.1, and its private key."""

    certificate: Path
    key: Path


def make_certificate(directory: Path, address: str = "127.0.0.1") -> Certificate:
    """Make one; skips the test where it can't be made."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    made = Certificate(directory / "certificate.pem", directory / "key.pem")
    kind = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    files = ("-out", str(made.certificate), "-keyout", str(made.key))
    who = ("-subj", "/CN=exchange", "-addext", f"subjectAltName=IP:{address}")
    subprocess.run([openssl, *kind, *files, *who], check=True, capture_output=True)
    return made
