from dataclasses import replace

from inline_snapshot import snapshot

from aid_lsp.proposals.proposal import Asked, Proposal
from tests.proposals.samples import proposal


def test_a_proposal_as_json() -> None:
    assert replace(proposal(), id="7").as_json() == snapshot(
        {
            "id": "7",
            "parent": None,
            "outcome": "open",
            "instruction": "rename x to y",
            "understood": "rename x",
            "proposer": "model m",
            "declined": "",
            "verdict": {
                "state": "green",
                "tier": "test",
                "diagnostics": [],
                "before": [],
                "fixed": 1,
                "note": "",
                "blast": None,
                "lints": [],
            },
            "diff": """\
diff --git a/lib/a.ml b/lib/a.ml
index 0547b3d0ee..cb8642d747 100644
--- a/lib/a.ml
+++ b/lib/a.ml
@@ -1 +1 @@
-let x = 1
+let y = 1
""",
            "files": ["lib/a.ml"],
            "complaints": [],
            "rounds": [
                {
                    "proposer": "model m",
                    "understood": "a try",
                    "declined": "",
                    "state": "red",
                    "complaints": 0,
                    "rungs": [],
                    "input_tokens": 0,
                    "output_tokens": 0,
                    "seconds": 1.0,
                },
                {
                    "proposer": "model m",
                    "understood": "",
                    "declined": "",
                    "state": None,
                    "complaints": 1,
                    "rungs": [],
                    "input_tokens": 0,
                    "output_tokens": 0,
                    "seconds": 0.0,
                },
                {
                    "proposer": "model m",
                    "understood": "rename x",
                    "declined": "",
                    "state": "green",
                    "complaints": 0,
                    "rungs": ["exact"],
                    "input_tokens": 0,
                    "output_tokens": 0,
                    "seconds": 2.0,
                },
            ],
            "timings": {"total": 3.0},
        }
    )


def test_a_proposal_with_nothing_to_offer_as_json() -> None:
    declined = Proposal(Asked("do magic"), declined="nobody can").as_json()
    assert {key: declined[key] for key in ("id", "declined", "verdict", "diff", "files", "proposer", "complaints")} == snapshot(
        {
            "id": "",
            "declined": "nobody can",
            "verdict": {
                "state": "unknown",
                "tier": "apply",
                "diagnostics": [],
                "before": [],
                "fixed": 0,
                "note": "nothing was judged",
                "blast": None,
                "lints": [],
            },
            "diff": "",
            "files": [],
            "proposer": "",
            "complaints": [],
        }
    )
