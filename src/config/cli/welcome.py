"""The first words to the person who started the product: when it answers, where, and who may log in."""

import http.client
import os
import sys
import webbrowser
from dataclasses import replace

from config.settings.environment import Environment
from enishi.platform.demo.world.staff import PASSWORD, STAFF


def is_ready(here: Environment) -> bool:
    """Does /readyz answer 200?"""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(here.host, here.host)  # noqa: S104 - the address to ask, not to listen on
    connection = http.client.HTTPConnection(host, here.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"{here.app_host}:{here.port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def at_port(here: Environment, port: int) -> Environment:
    """The same installation, served on another port than the settings say."""
    return replace(here, port=port, public_port=port if here.public_port == here.port else here.public_port)


def address(here: Environment) -> str:
    """What to type into the browser."""
    port = "" if here.public_port is None else f":{here.public_port}"
    return f"{here.base_scheme}://{here.app_host}{port}/"


def announce(here: Environment) -> None:
    """Say where the product is and how to get in."""
    lines = ["", f"  縁 Enishi   {address(here)}", ""]
    if here.demo:
        lines += [f"  ログイン（パスワードはみな {PASSWORD}） / log in, the password of all is {PASSWORD}"]
        lines += [f"    {person.login:<12} {person.display_name}（{person.title}）" for person in STAFF]
        lines += [""]
    else:
        lines += ["  はじめての方は、開いた画面で最初の利用者を作ってください。", "  First time? Make the first user on the page.", ""]
    if here.app_host == "localhost" and here.host not in ("127.0.0.1", "::1"):
        lines += ["  ほかの機械から開くには、そこから通じる名前を ENISHI_APP_HOST に指定してください。"]
        lines += ["  For other machines, set ENISHI_APP_HOST to a name by which they reach this one.", ""]
    lines.append("  止めるには Ctrl-C、または別の画面で ./enishi stop   / Ctrl-C or ./enishi stop ends it")
    print("\n".join(lines), flush=True)


def open_browser(here: Environment, *, wanted: bool) -> None:
    """Show the first page where a person sits in front of a screen."""
    on_screen = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if wanted and on_screen and sys.stdout.isatty():
        webbrowser.open(address(here))
