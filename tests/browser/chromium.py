"""A headless Chromium, driven over the WebDriver protocol (W3C) with nothing but an HTTP client."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

_READY_S: Final = 20.0
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"


class Chromium:
    """One browser with one window, as a context manager."""

    def __enter__(self) -> Self:
        """Start driver and browser.

        Raises:
            RuntimeError: one of them is not here, or does not start.
        """
        browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if browser is None or driver is None:
            raise RuntimeError("this needs chromium and chromedriver; `make test-browser` installs them")
        self._driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self._port()}", timeout=60, trust_env=False)
        # Chromium has no sandbox for root, which a container's user is.
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars"] + ["--no-sandbox"] * (os.geteuid() == 0)
        options = {"binary": browser, "args": arguments}
        asked = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self._http.post("/session", json={"capabilities": {"alwaysMatch": asked}}).raise_for_status()
        self._session = f"/session/{answer.json()['value']['sessionId']}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """End both."""
        self._http.delete(self._session)
        self._http.close()
        self._driver.terminate()
        self._driver.wait()
        assert self._driver.stdout is not None
        self._driver.stdout.close()

    def open(self, file: Path, fragment: str = "") -> None:
        """Show a file, loaded anew, at a fragment of it."""
        self._post("/url", url="about:blank")
        self._post("/url", url=file.as_uri() + (f"#{fragment}" if fragment else ""))

    def size(self, width: int, height: int) -> None:
        """Make the page so large."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def media(self, kind: str = "", scheme: str = "light") -> None:
        """Show the page as on that medium, in light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=kind, features=features)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click on an element."""
        self._post(f"/element/{self._find(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Clear a field and type a text into it."""
        element = self._find(selector)
        self._post(f"/element/{element}/clear")
        if text:
            self._post(f"/element/{element}/value", text=text)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def complaints(self) -> list[str]:
        """What stands in the console since the last call."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def devtools(self, command: str, **parameters: Any) -> Any:
        """The answer to a command of Chromium's own protocol."""
        return self._post("/goog/cdp/execute", cmd=command, params=parameters)

    def picture(self, name: str) -> None:
        """Keep what is shown, if the environment says where: NF_PORTS_PICTURES."""
        if directory := os.environ.get("NF_PORTS_PICTURES"):
            shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            (Path(directory) / f"{name}.png").write_bytes(base64.b64decode(shot))

    def _find(self, selector: str) -> str:
        found: str = self._post("/element", using="css selector", value=selector)[_ELEMENT]
        return found

    def _post(self, path: str, **body: Any) -> Any:
        answer = self._http.post(self._session + path, json=body)
        if answer.is_error:
            raise AssertionError(answer.json()["value"]["message"])
        return answer.json()["value"]

    def _port(self) -> int:
        assert self._driver.stdout is not None
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            line = self._driver.stdout.readline()
            if "started successfully on port" in line:
                return int(line.rstrip(".\n").rpartition(" ")[2])
        raise RuntimeError("chromedriver did not say its port")
