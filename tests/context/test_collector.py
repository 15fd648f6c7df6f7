"""The collector of cycles waits for whoever holds it, and goes on whatever they end with."""

import gc

import pytest

from aid_lsp.context.collector import held


def test_it_waits_for_the_last_one() -> None:
    assert gc.isenabled()
    with held():
        with held():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_a_failure() -> None:
    with pytest.raises(ValueError, match="no"), held():
        raise ValueError("no")
    assert gc.isenabled()


def test_one_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with held():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
