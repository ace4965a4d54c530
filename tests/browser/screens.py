"""What is asked of every screen that a walk comes by: readable for everybody, nothing sticks out, a picture to look at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PICTURES = Path(__file__).parents[2] / "var" / "test" / "screens"
# The inside of a mail is its writer's; the frame around it is ours.
AXE = Axe()
OPTIONS = {"resultTypes": ["violations"], "iframes": False}
CONTRAST = {**OPTIONS, "runOnly": ["color-contrast"]}  # all that the theme changes


@dataclass
class Screens:
    """Looks at screens in light and in dark, and keeps their pictures under `var/test/screens/<size>/<walk>`."""

    page: Page
    size: str
    walk: str
    seen: list[str] = field(default_factory=list)

    def of(self, page: Page, size: str) -> Screens:
        """The same walk as somebody else sees it."""
        return replace(self, page=page, size=size)

    @property
    def place(self) -> Path:
        return PICTURES / self.size / self.walk

    def look(self, name: str) -> None:
        """Call it once the screen has settled. Fails on a violation of WCAG (axe) or on sideways scrolling."""
        self.seen.append(name)
        for theme, options in (("light", OPTIONS), ("dark", CONTRAST)):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.screenshot(path=self.place / f"{len(self.seen):02}-{name}-{theme}.png")
            if theme == "dark" and self.size == "phone":
                continue  # its colours are those of the desk
            found = AXE.run(self.page, options=options)
            assert found.violations_count == 0, f"{name}, {theme}: {found.generate_report()}"
        self.page.emulate_media(color_scheme="light")
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, f"{name} is {too_wide} px wider than the screen"
