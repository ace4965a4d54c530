"""What the browser tests need of the machine: Chromium and Japanese fonts."""

import os
import shutil
import subprocess
import sys

from config.cli.terminal import say

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = {"chromium": "chromium", "fonts": "fonts-noto-cjk"}


def missing() -> list[str]:
    """Which of `chromium` and `fonts` are not there."""
    found = []
    if not any(shutil.which(name) for name in CHROMIUM):
        found.append("chromium")
    if not _japanese_fonts():
        found.append("fonts")
    return found


def _japanese_fonts() -> bool:
    if shutil.which("fc-list") is None:
        return sys.platform == "darwin"  # macOS brings Japanese fonts and no fontconfig
    return bool(subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=False).stdout.strip())


def ensure() -> bool:
    """Bring what is missing from Debian where root may; True when the browser tests can run."""
    lacking = missing()
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [PACKAGES[name] for name in lacking]
        say(f"ブラウザー試験の準備をしています: {' '.join(packages)}", "installing for the browser tests")
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(command, env=environ, check=False, stdout=subprocess.DEVNULL)
        lacking = missing()
    if "fonts" in lacking:
        say("日本語フォントがありません（Debian では fonts-noto-cjk）", "no Japanese fonts found (fonts-noto-cjk on Debian)")
    if "chromium" in lacking:
        say("Chromium が PATH にありません（Debian では chromium）", "no Chromium on PATH (the package chromium on Debian)")
    return not lacking
