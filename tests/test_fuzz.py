"""Each harness of the fuzzing, for a moment; and what the long runs have found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.harnesses import HARNESSES

_FEW = {"solver": 12, "reports": 6}
_BYTES = st.binary(min_size=1, max_size=120)


@pytest.mark.parametrize("name", HARNESSES)
def test_whatever_the_bytes_are(name: str) -> None:
    @settings(max_examples=_FEW.get(name, 25), derandomize=True, database=None)
    @given(_BYTES)
    def runs(data: bytes) -> None:
        HARNESSES[name](data)

    runs()
