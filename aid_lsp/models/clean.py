"""Takes out of an answer what is not the answer: thoughts and control tokens that servers let slip.

"<think>let me see …</think>\\n```ocaml …```<|im_end|>"   becomes   "```ocaml …```"
"""

import re

_CONTROL = re.compile(
    r"<\|(?:fim_(?:prefix|middle|suffix|pad)|im_(?:start|end|sep)|endoftext|end_of_text|begin_of_text|eot_id|eom_id|eot|"
    r"start_header_id|end_header_id|file_sep|file_separator|repo_name|endofprompt|return|call|channel|message|start|end|cursor)\|>"
    r"|<｜[^｜<>\n]{1,40}｜>"
    r"|<(?:start_of_turn|end_of_turn|fim_prefix|fim_middle|fim_suffix|fim_pad|file_sep)>"
)
"""The tokens of Qwen, Llama, StarCoder, GPT-OSS, DeepSeek and Gemma; none of them is OCaml anybody writes."""

_LAST = re.compile(r"\s*(?:</s>|\[/?INST\])\s*\Z")
_THOUGHT = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_END_OF_THOUGHT = re.compile(r"^</(?:think|thinking|reasoning)>[ \t]*$", re.MULTILINE)


def clean(text: str) -> str:
    """The answer alone. Only leading thoughts go: `<think>` in the middle may be somebody's string."""
    text = _LAST.sub("", _CONTROL.sub("", text))
    thought = _THOUGHT.match(text)
    if thought:
        return text[thought.end() :].lstrip("\r\n")
    # Chat templates that open the thought themselves leave only its end in the answer.
    end = _END_OF_THOUGHT.search(text)
    return text[end.end() :].lstrip("\r\n") if end else text
