"""Which answer format suits a model.

Measured on small OCaml edits with a 1.5B model: whole definitions and files can be read and sometimes are right, search/replace fails
now and then, unified diffs almost always. Large models are reliable with search/replace, and write far less.
"""

import re

_STRONG = re.compile(
    r"claude|gpt-(?:4|5|6)|chatgpt|\bo[134]\b|codex|gemini-(?:[2-9]\.?\d?-pro|[3-9])|grok|deepseek-(?:chat|v[3-9]|r1$|reasoner)|"
    r"mistral-large|devstral-medium|kimi|glm-[4-9]\.?[5-9]?$|qwen3?-?(?:max|coder-plus)|command-a|minimax|gpt-oss-120b",
    re.IGNORECASE,
)
_WEAK = re.compile(r"nano|gpt-3|instant|distill", re.IGNORECASE)
_BILLIONS = re.compile(r"(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
_ENOUGH_BILLIONS = 24.0


def format_for(name: str, wanted: str = "auto") -> str:
    """The format to ask a model for: `wanted`, or for `auto` one that suits the model's name; unknown models count as small."""
    if wanted != "auto":
        return wanted
    billions = _BILLIONS.search(name)
    if billions:
        return "search_replace" if float(billions[1]) >= _ENOUGH_BILLIONS else "definition"
    if _STRONG.search(name) and not _WEAK.search(name):
        return "search_replace"
    return "definition"
