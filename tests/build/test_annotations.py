from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.annotations import Annotation, Compiled, read_annotations, read_info

PRINTED = """\
"lib/shape.ml" 3 50 54 "lib/shape.ml" 3 50 58
type(
  t ->
  int
)
ident(
  def area "lib/shape.ml" 4 75 75 "lib/shape.ml" 0 0 -1
)
"lib/shape.ml" 3 50 71 "lib/shape.ml" 3 50 72
type(
  int -> int -> int
)
ident(
  int_ref Base.( * ) "src/int_intf.ml" 359 11151 11155 "src/int_intf.ml" 359 11151 11223
)
"other.mll" 3 50 71 "other.mll" 3 50 72
type(
  int
)
"lib/shape.ml" 3 50 73 "lib/shape.ml" 3 50 80
type(
  int
)
call(
  tail
)
"""


def test_annotations_are_read() -> None:
    assert read_annotations(PRINTED, "lib/shape.ml") == (
        Annotation(54, 58, "t -> int", "area", True),
        Annotation(71, 72, "int -> int -> int", "Base.( * )", False),
        Annotation(73, 80, "int"),
    )


def test_what_a_cmt_says_of_itself_is_read() -> None:
    said = "module name: A\nsourcefile: ./lib/a.pp.ml\nsource digest: 00ff\ninterface digest: 1a\nimport: Stdlib cfc6\nimport: Lib__B 1f\n"
    assert read_info(said) == Compiled("lib/a.pp.ml", "00ff", "1a", (("Stdlib", "cfc6"), ("Lib__B", "1f")))
    assert read_info("") == Compiled("", "")


@given(st.text(alphabet='"abc 0123456789-\n()typeident_rf.\\é', max_size=200), st.integers(0, len(PRINTED)))
def test_no_text_is_too_strange(text: str, cut: int) -> None:
    read_info(text)
    for strange in (text, PRINTED[:cut] + text, text + PRINTED[cut:]):
        for found in read_annotations(strange, "lib/shape.ml"):
            assert 0 <= found.start < found.end
            assert "\n" not in found.type
