"""How a page fares: how long it is blocked, how much memory it takes, what its kernel sends."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Tasks of more than 50 ms are what browsers report.
OBSERVE = """() => {
  window.blocks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.blocks.push(entry.duration);
  }).observe({ type: 'longtask' });
}"""


class Health:
    """Watches a page from now on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable")
        self._browser = page.context.browser.new_browser_cdp_session()
        page.evaluate(OBSERVE)

    def forget(self) -> None:
        """What was seen so far does not count."""
        self._page.wait_for_timeout(300)  # a task that has just ended is reported a moment later
        self._page.evaluate("window.blocks.length = 0")

    def longest_block(self) -> float:
        """Milliseconds of the longest task; 0 where none took more than 50 ms."""
        self._page.wait_for_timeout(300)  # as above
        return float(self._page.evaluate("Math.max(0, ...window.blocks)"))

    def memory(self) -> float:
        """Megabytes that only the renderers use, after a garbage collection."""
        for _ in range(2):
            self._tools.send("HeapProfiler.collectGarbage")
            self._page.wait_for_timeout(300)
        found: list[dict[str, Any]] = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        pids = [int(each["id"]) for each in found if each["type"] == "renderer"]
        return float(sum(psutil.Process(pid).memory_full_info().uss for pid in pids)) / 1e6


class Messages:
    """What the kernels send to a page, by their connections; make it before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._arrivals: list[tuple[float, str]] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._note))

    def _note(self, frame: bytes | str) -> None:
        content = frame if isinstance(frame, bytes) else frame.encode()
        kind = re.search(rb'"msg_type":\s*"(\w+)"', content[:4000])
        self._arrivals.append((time.monotonic(), kind[1].decode() if kind else ""))

    def forget(self) -> None:
        """What came so far does not count."""
        self._arrivals.clear()

    def most_in_a_second(self) -> int:
        """The busiest second, wherever it begins."""
        moments = [moment for moment, _ in self._arrivals]
        most = first = 0
        for last, moment in enumerate(moments):
            while moment - moments[first] > 1.0:
                first += 1
            most = max(most, last - first + 1)
        return most
