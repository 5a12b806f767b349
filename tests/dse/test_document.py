import pytest

from dse.document import read_yaml
from mapping.errors import InputError


def read(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    return read_yaml(path)


@pytest.mark.golden
def test_scalars_are_what_they_look_like(tmp_path):
    text = "a: [2:8, 1:16, no, on, 010, 1e3, -2, true, null, 0x10, 2020-01-01, '5']"
    assert read(tmp_path, text) == {
        "a": ["2:8", "1:16", "no", "on", 10, 1000.0, -2, True, None, "0x10", "2020-01-01", "5"]
    }


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: key 'a' is given twice"),
        ("a: {x: 1, x: 1}", "key 'x' is given twice"),
        ("1: 2", "key 1 is not a string"),
        ("- a", "expected a mapping of keys, found list"),
        ("", "expected a mapping"),
        ("a: [1", "not YAML"),
        ("a: !!python/object:os.system x", "not YAML"),
        ("a: \x00", "not YAML"),
    ],
)
def test_bad_documents(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


@pytest.mark.smoke
def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_yaml(tmp_path)
