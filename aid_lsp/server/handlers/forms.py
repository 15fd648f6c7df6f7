"""command/resolve: forms for commands, as the Go and Dart teams propose them for LSP (language-server-protocol issue 1164).

client ─ aid.change without instruction ─▶ formFields ─ formAnswers ─▶ the command with its instruction, ready to execute

Stateless: no job exists before the client executes the command. Clients that do not know forms never ask.
"""

from collections.abc import Mapping
from typing import Any, cast

from aid_lsp.server.protocol import clean_instruction, read_argument
from aid_lsp.server.replies import BadArgument

_QUESTIONS = {"aid.change": "What shall AID change?", "aid.refine": "What should be different?"}


def resolve_command(params: object) -> Mapping[str, Any]:
    """Answers with the form that is still to be filled in, or with the command as it can be executed."""
    fields: Mapping[str, Any] = cast("Mapping[str, Any]", params) if isinstance(params, Mapping) else {}
    command, arguments = fields.get("command"), fields.get("arguments")
    if not isinstance(command, str):
        raise BadArgument("`command` has to name the command to resolve.")
    if command not in _QUESTIONS:
        return {"command": command, "arguments": arguments}
    given = read_argument(cast("list[Any]", arguments) if isinstance(arguments, list) else None, "instruction")
    argument = {**given.other, "instruction": given.instruction}
    answers = fields.get("formAnswers")
    if given.instruction and not answers:
        return {"command": command, "arguments": [argument]}
    typed = _typed(answers)
    if typed:
        return {"command": command, "arguments": [{**argument, "instruction": typed}]}
    field: dict[str, Any] = {
        "id": "instruction",
        "description": _QUESTIONS[command],
        "type": {"kind": "string"},
        "required": True,
    }
    if answers:
        field["error"] = "Say in a few words what shall change."
    return {"command": command, "arguments": [argument], "formFields": [field]}


def _typed(answers: object) -> str:
    for answer in cast("list[object]", answers) if isinstance(answers, list) else ():
        match answer:
            case {"id": "instruction", "value": str(value)}:
                return clean_instruction(value)
            case _:
                continue
    return ""
