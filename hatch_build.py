"""Keeps a wheel without what is built, front end and English texts, from ever being made."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuiltParts(BuildHookInterface):
    """Refuses to make a wheel before `./enishi check` has built its parts; a development install needs none."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        built = Path(self.root, "src", "enishi", "platform", "static", "dist")
        if version == "standard" and not any(built.glob("**/manifest.json")):
            raise RuntimeError("The front end is not built: run `npm ci && npm run build` first.")
        english = Path(self.root, "src", "enishi", "locale", "en", "LC_MESSAGES", "django.po")
        if version == "standard" and not english.with_suffix(".mo").is_file():
            raise RuntimeError("The English texts are not compiled: run `./enishi translations` first.")
