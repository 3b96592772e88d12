import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_crm.shell.colours import ENOUGH, contrast, readable_on, text_on

colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_of_black_and_white_is_the_greatest() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@given(colours, st.sampled_from(["#ffffff", "#1a1f27"]))
def test_any_colour_is_made_readable(colour: str, background: str) -> None:
    assert contrast(readable_on(colour, background), background) >= ENOUGH


@given(colours)
def test_text_on_any_colour_can_be_read(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= ENOUGH


def test_readable_colour_is_left_alone() -> None:
    assert readable_on("#1d4ed8", "#ffffff") == "#1d4ed8"
