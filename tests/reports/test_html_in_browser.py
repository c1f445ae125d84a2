"""The HTML report in Chromium; skipped where Chromium, its driver or selenium is not installed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stepguard.engine import scan
from stepguard.report import Report
from stepguard.reports.html import render_html

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytest.importorskip("selenium", reason="it is in the test extra")

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Chromium and chromedriver")

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

Open = Callable[[Report | str], "Chrome"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for one in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(one)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Chrome, tmp_path: Path) -> Open:
    """Return what opens a report from a file, at the width of a desktop."""

    def load(report: Report | str) -> Chrome:
        page = tmp_path / "report.html"
        text = report if isinstance(report, str) else render_html(report)
        page.write_text(text, encoding="utf-8")
        wide(browser, 1280)
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(page.as_uri())
        return browser

    return load


def wide(browser: Chrome, pixels: int) -> None:
    metrics = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def run(browser: Chrome, script: str) -> Any:
    return browser.execute_script(script)


def visible(browser: Chrome, selector: str = ".item[data-kind=violation]") -> list[str]:
    """Return the text of the elements that are shown."""
    return list(
        run(
            browser,
            f"return [...document.querySelectorAll('{selector}')]"
            ".filter(one => one.checkVisibility()).map(one => one.textContent)",
        )
    )


def press(browser: Chrome, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def focus(browser: Chrome, identifier: str) -> None:
    """Go to a control with the tabulator, as somebody without a mouse does."""
    from selenium.webdriver.common.keys import Keys

    for _ in range(60):
        press(browser, Keys.TAB)
        if run(browser, "return document.activeElement.id") == identifier:
            return
    raise AssertionError(f"the tabulator does not lead to {identifier}")


def test_nothing_is_loaded_and_nothing_complains(
    opened: Open, review: Report, hostile_review: Report
) -> None:
    for one in (review, hostile_review):
        browser = opened(one)
        assert browser.get_log("browser") == []
        asked = [
            json.loads(entry["message"])["message"]["params"]
            for entry in browser.get_log("performance")
            if '"Network.requestWillBeSent"' in entry["message"]
        ]
        # A new tab of the browser asks for things of its own.
        own = [one for one in asked if one["documentURL"] == browser.current_url]
        assert {one["request"]["url"] for one in own} - {"data:,"} == {browser.current_url}


def test_hostile_names_do_nothing(opened: Open, hostile_review: Report) -> None:
    browser = opened(hostile_review)
    assert run(browser, "return document.scripts.length") == 1
    assert run(browser, "return document.querySelectorAll('img, iframe, object').length") == 0
    handlers = "[...document.querySelectorAll('*')].some(one => one.getAttributeNames().some("
    assert not run(browser, f"return {handlers}name => name.startsWith('on')))")
    assert browser.title == "stepguard: 100 findings introduced"


def test_a_script_of_somebody_else_does_not_run(opened: Open, review: Report) -> None:
    forged = "<script>document.title = 'forged'</script></body>"
    browser = opened(render_html(review).replace("</body>", forged))
    assert browser.title == "stepguard: 2 findings introduced"
    assert "Content Security Policy" in str(browser.get_log("browser"))


def test_unchanged_findings_are_shown_on_demand(opened: Open, review: Report) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(review)
    assert len(visible(browser)) == 3
    focus(browser, "status-unchanged")
    press(browser, Keys.SPACE)
    assert len(visible(browser)) == 4
    assert run(browser, "return shown.textContent") == "4 of 4 findings shown"


def test_filters_work_with_the_keyboard(opened: Open, in_root: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(scan([Path("fixtures/bad")]))
    everything = visible(browser)
    focus(browser, "severity-high")
    press(browser, Keys.SPACE)
    without = visible(browser)
    assert 0 < len(without) < len(everything)
    focus(browser, "family-4")
    press(browser, Keys.SPACE)
    fewer = visible(browser)
    assert 0 < len(fewer) < len(without)
    assert not any("SFN4" in one.split(" ")[0] for one in fewer)
    assert visible(browser, "[data-kind=unevaluated]") != []
    focus(browser, "kind-unevaluated")
    press(browser, Keys.SPACE)
    assert visible(browser, "[data-kind=unevaluated]") == []
    focus(browser, "reset")
    press(browser, Keys.ENTER)
    assert visible(browser) == everything


def test_search_counts_and_says_when_nothing_is_left(opened: Open, in_root: Path) -> None:
    report = scan([Path("fixtures/bad")])
    total = len(report.findings)
    browser = opened(report)
    focus(browser, "search")
    press(browser, "Transcode SFN104")
    found = visible(browser)
    assert 0 < len(found) < total
    assert all("Transcode" in one and "SFN104" in one for one in found)
    assert run(browser, "return shown.textContent") == f"{len(found)} of {total} findings shown"
    press(browser, " nowhere")
    assert visible(browser, ".nothing") == ["No finding passes the filter."]


def test_a_link_to_a_hidden_finding_shows_it(opened: Open, review: Report) -> None:
    browser = opened(review)
    hidden = "document.querySelector('.item[data-status=unchanged]')"
    assert not run(browser, f"return {hidden}.checkVisibility()")
    link = f'document.querySelector(`a[href="#${{{hidden}.id}}"]`)'
    run(browser, f"{link}.click()")
    browser.implicitly_wait(1)
    run(browser, "return new Promise(done => setTimeout(done, 50))")
    assert run(browser, f"return {hidden}.checkVisibility() && {hidden}.open")


def test_the_first_tabulator_leads_to_the_content(opened: Open, review: Report) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = opened(review)
    press(browser, Keys.TAB)
    assert run(browser, "return document.activeElement.className") == "skip"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert run(browser, outline) == "solid"
    press(browser, Keys.ENTER)
    assert run(browser, "return document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_does_not_scroll_sideways(
    opened: Open, review: Report, hostile_review: Report, in_root: Path, width: int
) -> None:
    for one in (review, hostile_review, scan([Path("fixtures/bad")])):
        browser = opened(one)
        wide(browser, width)
        run(browser, "document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert run(browser, "return document.documentElement.scrollWidth") <= width


def test_controls_have_names(opened: Open, review: Report) -> None:
    browser = opened(review)
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "checkbox", "link", "searchbox", "region", "image", "navigation", "table"}
    seen = set()
    for node in tree:
        role = node.get("role", {}).get("value")
        if role in roles and not node.get("ignored"):
            seen.add(role)
            assert node.get("name", {}).get("value"), node
    assert seen == roles


def test_without_scripts_everything_can_be_read(opened: Open, review: Report) -> None:
    browser = opened(review)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.refresh()
        summaries = browser.find_elements("css selector", ".finding > summary h3")
        assert [one.is_displayed() for one in summaries] == [True] * 5
        assert not browser.find_element("id", "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
