"""Make the pictures of the reports: `python generators/screenshots.py [NAME…]`.

Writes `docs/images/*.png`, by default all, from the change between `fixtures/change/before` and
`fixtures/change/after`. Needs Chromium, its driver, and the test extra (selenium, cmarkgfm).
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cmarkgfm
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from stepguard.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
MAXIMUM_BYTES = 250_000

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip

COMMENT_STYLE = """
body { margin: 24px; font: 14px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; }
h2 { font-size: 21px; padding-bottom: 6px; border-bottom: 1px solid #d1d9e0; }
h3 { font-size: 17px; }
table { border-collapse: collapse; display: block; overflow: auto; }
code { overflow-wrap: anywhere; white-space: break-spaces; }
td:nth-child(3) code { white-space: nowrap; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; text-align: left; }
tr:nth-child(2n) { background: #f6f8fa; }
code { padding: .2em .4em; border-radius: 6px; background: #eff1f3; }
code { font: 85% ui-monospace, monospace; }
pre { padding: 16px; overflow: auto; background: #f6f8fa; border-radius: 6px; }
pre code { padding: 0; background: none; }
.added { background: #dafbe1; color: #116329; } .gone { background: #ffebe9; color: #82071e; }
"""


SQUARES = {"🟥": "#dd2e44", "🟧": "#f4900c", "🟨": "#fdcb58", "🟦": "#55acee"}
"""Coloured squares and their colours: not every machine has a font with emoji."""


@dataclass(frozen=True)
class Picture:
    """A picture of a page: how much of it, and of what the reader prefers."""

    form: str
    width: int
    height: int
    scheme: str
    scale: int
    first: str = ""


PICTURES = {
    "html-report": Picture("html", 1280, 1000, "light", 1),
    "html-report-workflow": Picture("html", 1280, 1000, "light", 1, ".machine"),
    "html-report-phone-dark": Picture("html", 390, 844, "dark", 1, ".machine"),
    "markdown-comment": Picture("markdown", 900, 900, "light", 1),
}


def report(form: str) -> str:
    """Return the review of the change as a page in one of the forms."""
    # From there the names of the files are short enough for a picture.
    os.chdir(ROOT / "fixtures" / "change")
    sides = ("--before", "before", "--after", "after")
    done = CliRunner().invoke(
        main, ["review", *sides, "--format", form, "--fail-on", "never"], catch_exceptions=False
    )
    if done.exit_code != 0:
        raise SystemExit(done.output)
    return done.output if form == "html" else comment(done.output)


def comment(markdown: str) -> str:
    """Return Markdown as a forge shows it: tables, folded blocks, and coloured differences."""
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    body = cmarkgfm.github_flavored_markdown_to_html(markdown, options)
    body = re.sub(
        r'(<pre lang="diff"><code>)(.*?)(</code>)',
        lambda found: found[1] + _coloured(found[2]) + found[3],
        body,
        flags=re.DOTALL,
    )
    for sign, colour in SQUARES.items():
        square = f'<span style="color: {colour}">&#9632;</span>'
        body = body.replace(sign, square)
    head = f'<meta charset="utf-8"><style>{COMMENT_STYLE}</style>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def _coloured(lines: str) -> str:
    classes = {"+": "added", "-": "gone"}
    return "\n".join(
        f'<span class="{classes[line[0]]}">{line}</span>' if line[:1] in classes else line
        for line in lines.split("\n")
    )


def browser(profile: str) -> webdriver.Chrome:
    """Return a Chromium without a window."""
    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for one in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(one)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def picture(driver: webdriver.Chrome, wanted: Picture, page: Path) -> bytes:
    """Return the picture of a page as PNG."""
    page.write_text(report(wanted.form), encoding="utf-8")
    metrics = {
        "width": wanted.width,
        "height": wanted.height,
        "deviceScaleFactor": wanted.scale,
        "mobile": False,
    }
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": wanted.scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())
    if wanted.first:
        driver.execute_script(
            "document.querySelector(arguments[0]).scrollIntoView({behavior: 'instant'})",
            wanted.first,
        )
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    return base64.b64decode(shot["data"])


def write(names: list[str]) -> None:
    """Write the pictures of some names, or all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        driver = browser(folder)
        try:
            for name in names or PICTURES:
                made = picture(driver, PICTURES[name], Path(folder) / "page.html")
                if len(made) > MAXIMUM_BYTES:
                    raise SystemExit(f"{name} has {len(made):,} bytes: more than {MAXIMUM_BYTES:,}")
                (IMAGES / f"{name}.png").write_bytes(made)
                print(f"docs/images/{name}.png: {len(made):,} bytes")
        finally:
            driver.quit()


if __name__ == "__main__":
    write(sys.argv[1:])
