"""`aid ask`: a question about the workspace, answered while it comes."""

import argparse
import asyncio
import json
import signal
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

from aid_lsp.app import open_workspace
from aid_lsp.cli import arguments
from aid_lsp.cli.place import read_place
from aid_lsp.cli.render import paper, progress
from aid_lsp.errors import AidError
from aid_lsp.outcomes.events import QuestionAnswered, QuestionFailed
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_EXAMPLES = """examples:
  aid ask 'where is the cache invalidated?'
  aid ask --at lib/shape.ml:12-20 'why is this a functor?'
  dune build 2>&1 | aid ask --log - 'why does this fail?'"""


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "ask",
        help="ask a question about the workspace",
        description="Asks the configured model about the workspace and prints its answer as it comes. Nothing is changed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("question", metavar="QUESTION", help="what you want to know")
    parser.add_argument("--at", metavar="PLACE", help="where: FILE[:LINE[:COL]][-LINE[:COL]], lines and columns from 1")
    parser.add_argument("--log", metavar="FILE", help="a build log to look at; - reads stdin")
    arguments.model(parser)
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Asks and prints. Raises `NotConfigured` without a model."""
    task = asyncio.current_task()
    with suppress(NotImplementedError):  # platforms whose loops take no signal handlers
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel if task else lambda: False)
    root = arguments.root_of(options)
    question = options.question.strip()
    if not question:
        raise AidError("There is nothing to ask; write a question, such as `aid ask 'where is the cache filled?'`.")
    logs = (arguments.read_input(options.log),) if options.log else ()
    workspace = await open_workspace(root, command_line=arguments.overrides(options))
    said, out = progress(options.color), paper(sys.stdout, options.color)
    for warning in workspace.settings.warnings:
        said.line(f"aid: {warning}", "yellow")
    job = uuid.uuid4().hex[:8]
    began = time.monotonic()
    first: list[float] = []

    def text(piece: str) -> None:
        if not first:
            first.append(time.monotonic() - began)
        if not options.json:
            out.words(piece)

    try:
        view = await asyncio.to_thread(View.freeze, workspace.root)
        place = read_place(options.at, view, Path.cwd()) if options.at else None
        request = Request(question, view, place)
        try:
            answer = await workspace.ask(request, logs=logs, on_text=text, on_wait=lambda line: said.line(f"· {line}", "dim"))
        except AidError as error:
            await workspace.journal.record(QuestionFailed(job, type(error).__name__, time.monotonic() - began))
            raise
        seconds = time.monotonic() - began
        model = workspace.settings.model.name
        event = QuestionAnswered(
            job, "cli", model, seconds, first[0] if first else 0.0, answer.input_tokens, answer.output_tokens
        )
        await workspace.journal.record(event)
    finally:
        await workspace.close()
    if options.json:
        result = {
            "question": question,
            "answer": answer.text,
            "finish": answer.finish,
            "model": model,
            "seconds": round(seconds, 3),
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
        }
        print(json.dumps(result))
        return 0
    out.line()
    if answer.finish == "length":
        said.line("aid: the answer was cut off: raise `model.max_output_tokens`", "yellow")
    return 0
