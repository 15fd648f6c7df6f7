"""`aid status`: what AID knows of a workspace."""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from aid_lsp.app import open_workspace
from aid_lsp.build.join import ask_once
from aid_lsp.build.presence import servers
from aid_lsp.cli import arguments
from aid_lsp.cli.daemon import ask_daemon
from aid_lsp.cli.render import paper
from aid_lsp.edits.diff import stat
from aid_lsp.front.wire import JsonObject, items, table
from aid_lsp.proposals.proposal import Proposal


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "status",
        help="what AID knows of this workspace: model, build, open proposals, outcomes",
        description="Prints the workspace's settings, how its build stands (as your own `dune build --watch` and running AID servers "
        "say), its open proposals and what became of the earlier ones. Builds nothing.",
    )
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Prints the state of the workspace."""
    workspace = await open_workspace(arguments.root_of(options))
    try:
        waiting = workspace.ledger.open()
        counts = await workspace.journal.counts()
        recent = await workspace.journal.tail(5)
        watch = await ask_once(workspace.root)
        running = await asyncio.to_thread(servers, workspace.state)
    finally:
        await workspace.close()
    settings = workspace.settings
    serving = await ask_daemon(workspace.root, "status")
    if options.json:
        result = {
            "root": str(workspace.root),
            "model": settings.model.name or None,
            "tier": settings.judge.tier,
            "state_folder": str(workspace.state),
            "build": watch.as_json() if watch else None,
            "servers": running,
            "open_proposals": [_summary(proposal) for proposal in waiting],
            "events": counts,
            "daemon": serving,
            "warnings": list(settings.warnings),
        }
        print(json.dumps(result))
        return 0
    out = paper(sys.stdout, options.color)
    out.line(f"workspace  {workspace.root}", "bold")
    out.line(
        f"model      {settings.model.name if settings.model.configured else 'none: recipes alone (`aid doctor` says how to add one)'}"
    )
    out.line(f"judge      up to {settings.judge.tier}")
    out.line(f"state      {workspace.state}")
    if watch:
        out.line(f"build      {watch.sentence}")
    for server in running:
        out.line(f"server     {_server(server)}")
    out.line(f"daemon     {_daemon(serving)}")
    for warning in settings.warnings:
        out.line(f"warning    {warning}", "yellow")
    out.line(f"open proposals: {len(waiting) or 'none'}")
    for proposal in waiting:
        state = proposal.verdict.state if proposal.verdict else "unknown"
        added, removed = _lines(proposal)
        out.line(
            f"  {proposal.id}  {state:7} +{added} −{removed} in {len(_summary(proposal)['files'])} file(s)  {proposal.understood}"
        )
    if recent:
        out.line("latest:")
        for entry in recent:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
            out.line(f"  {when}  {entry.kind} {entry.subject}", "dim")
    return 0


def _server(said: dict[str, Any]) -> str:
    """One running server: who it serves, and how the build stands."""
    build: dict[str, Any] = said.get("build") or {}
    errors = f", {build['errors']} error{'' if build['errors'] == 1 else 's'}" if build.get("errors") else ""
    source = f", says {build['source']}" if build.get("source") else ""
    note = f": {build['note']}" if build.get("note") else ""
    since = time.strftime("%H:%M:%S", time.localtime(build.get("since", 0)))
    return f"{said.get('client') or 'an editor'} (pid {said['pid']}): {build.get('state', 'unknown')}{errors}, since {since}{source}{note}"


def _daemon(serving: JsonObject | None) -> str:
    if serving is None:
        return "not running; an editor starts it"
    if not serving:
        return "running, but it does not answer; `aid restart` ends it"
    editors = [str(table(each).get("editor") or "an editor") for each in items(serving.get("connections"))]
    return f"release {serving.get('version')}, process {serving.get('pid')}, serving {', '.join(editors) or 'nobody'}"


def _summary(proposal: Proposal) -> dict[str, list[str] | str]:
    return {
        "id": proposal.id,
        "understood": proposal.understood,
        "proposer": proposal.proposer,
        "state": proposal.verdict.state if proposal.verdict else "unknown",
        "files": list(proposal.patch.paths) if proposal.patch else [],
    }


def _lines(proposal: Proposal) -> tuple[int, int]:
    changes = stat(proposal.patch).values() if proposal.patch else ()
    return sum(added for added, _ in changes), sum(removed for _, removed in changes)
