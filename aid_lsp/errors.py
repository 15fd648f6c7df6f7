"""We could not try: the errors a person can act on, each with the sentence they read.

AidError
├── NotConfigured      the user has to set something up (no model, no consent)
├── BadSettings        a settings file or variable says something we do not understand
├── NoToolchain        dune or the compiler is missing or cannot be started
├── ModelFailed        the model could not be reached, refused, or stopped in the middle
├── Stale              the text changed so much that the proposal no longer fits
├── OutsideWorkspace   a path leads out of the workspace, or where AID may not write
└── NotFound           no such file, proposal or job

A red build, an answer that does not apply and a recipe that declines are values, not errors.
"""


class AidError(Exception):
    """We could not try; the message is one sentence for the user, with what to do about it."""


class NotConfigured(AidError):
    """Something has to be set up first."""


class BadSettings(AidError):
    """A setting is not understood."""


class NoToolchain(AidError):
    """Dune or the compiler is missing or cannot be started."""


class ModelFailed(AidError):
    """The model could not be asked, or its answer broke off."""


class Stale(AidError):
    """The text changed under the proposal so that it no longer fits."""


class OutsideWorkspace(AidError):
    """A path leads out of the workspace, or to a place where AID may not write."""


class NotFound(AidError):
    """There is no such file, proposal or job."""
