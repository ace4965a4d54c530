"""Keeps a wheel without the built front end from ever being made."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuiltFrontEnd(BuildHookInterface):
    """Refuses to build a wheel before `npm run build`; a development install needs none."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        built = Path(self.root, "src", "enishi", "platform", "static", "dist")
        if version == "standard" and not any(built.glob("**/manifest.json")):
            raise RuntimeError("The front end is not built: run `npm ci && npm run build` first.")
