"""Counts tokens with the model's own vocabulary, where the user names one.

tokenizer.json     as Hugging Face keeps them (package `tokenizers`)
NAME.tiktoken      OpenAI's (package `tiktoken`)

Both packages are extras (`aid-lsp[tokens]`); nothing is fetched. What cannot be read costs exactness: tokens are estimated then.
"""

import base64
import logging
from functools import lru_cache
from pathlib import Path

from aid_lsp.context.snippet import Count, estimate

_log = logging.getLogger(__name__)

_SPLIT = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
"""How OpenAI's vocabularies since cl100k cut words; newer ones differ a little, in prose."""


@lru_cache(maxsize=4)
def counter(file: str) -> Count:
    """Counts with a vocabulary; `estimate` where the name is empty, or the file or its package cannot be used, which is logged once."""
    if not file:
        return estimate
    path = Path(file).expanduser()
    try:
        return _tiktoken(path) if path.suffix == ".tiktoken" else _tokenizers(path)
    except ImportError as error:
        _log.warning("tokens are estimated: %s needs a package, `pip install 'aid-lsp[tokens]'`: %s", path.name, error)
    except Exception as error:  # noqa: BLE001 the libraries raise what they like on a broken file
        _log.warning("tokens are estimated: %s cannot be used: %s", path, error)
    return estimate


def _tokenizers(path: Path) -> Count:
    from tokenizers import Tokenizer  # pyright: ignore[reportMissingTypeStubs]

    vocabulary = Tokenizer.from_str(path.read_text("utf-8"))

    def count(text: str) -> int:
        return len(vocabulary.encode(_clean(text), add_special_tokens=False).ids)

    return count


def _tiktoken(path: Path) -> Count:
    from tiktoken import Encoding

    lines = [line.split() for line in path.read_bytes().split(b"\n") if line]
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    vocabulary = Encoding(path.stem, pat_str=_SPLIT, mergeable_ranks=ranks, special_tokens={})

    def count(text: str) -> int:
        return len(vocabulary.encode_ordinary(_clean(text)))

    return count


def _clean(text: str) -> str:
    """Bytes that are not UTF-8 are lone surrogates here, which the libraries do not take."""
    return text.encode("utf-8", "replace").decode()
