"""Keeps a wheel without what is built, front end, English texts and list of parts, from ever being made."""

import hashlib
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
        if version == "standard":
            self.build_config.target_config["sbom-files"] = self.parts()

    def parts(self) -> list[str]:
        """The lists of parts (SBOM) that `./enishi sbom` wrote of these very locks; the wheel carries them as PEP 770 says."""
        root = Path(self.root)
        locks = hashlib.sha256(b"".join((root / lock).read_bytes() for lock in ("uv.lock", "package-lock.json"))).hexdigest()
        stamp = root / "sbom" / "locks.sha256"
        if not stamp.is_file() or stamp.read_text() != locks:
            raise RuntimeError("The list of parts is missing or of other locks: run `./enishi sbom` first.")
        return sorted(str(file.relative_to(root)) for file in (root / "sbom").glob("*.cdx.*"))
