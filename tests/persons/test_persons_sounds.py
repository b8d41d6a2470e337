"""Names that sound alike, and names that only look as if they did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.persons.sounds import apart, sound_of


def sounds_alike(one: str, other: str) -> bool:
    first, second = sound_of(one), sound_of(other)
    return first is not None and second is not None and apart(first, second) is not None


@pytest.mark.parametrize(
    "names",
    [
        "CATHERINE KATHRYN KATHARINE CATHRINE",
        "MICHAEL MICHEAL MIKAEL",
        "SHAUN SHAWN",
        "MOHAMMED MUHAMMAD MOHAMED MOHAMUD",
        "HUSSAIN HUSSEIN HUSAIN",
        "AHMED AHMAD",
        "YUSUF YOUSEF YOUSSEF",
        "AISHA AYESHA",
        "SHEIKH SHAIKH SHAIK",
        "CHOWDHURY CHOUDHURY CHAUDHARY",
        "RAHMAN REHMAN",
        "IQBAL IKBAL",
        "SIDDIQUI SIDDIQI",
        "SINGH SING",
        "KHAN KAHN KHAAN",
        "PHILIPS PHILLIPS",
        "SMITH SMYTH SMYTHE",
        "STEPHEN STEVEN",
        "CLARK CLARKE",
        "REID REED READ",
        "THOMPSON THOMSON TOMPSON",
        "DICKSON DIXON",
        "GEOFFREY JEFFREY",
        "MACDONALD MCDONALD",
        "MCKENZIE MACKENZIE",
        "WRIGHT RIGHT",
        "KNIGHT NIGHT",
        "TAYLOR TAILOR",
        "LEE LEIGH LEA",
        "GRAHAM GRAEME",
        "STACEY STACY",
        "SARAH SARA",
        "OBRIEN OBRYAN",
        "ONEILL ONEIL ONEAL",
        "REECE REESE RHYS",
        "ISAAC ISSAC",
        "WISNIEWSKI WISNIEWSKY",
        "ZAINAB ZAYNAB",
        "ALAN ALLEN",
    ],
)
def test_usual_spellings_of_a_name_sound_alike(names):
    first, *others = names.split()
    assert [other for other in others if not sounds_alike(first, other)] == []


@pytest.mark.parametrize(
    "names",
    [
        "REID RUDI ROD",
        "LEE LOU ALI LEN",
        "JOHN JANE JEAN JUNE",
        "MICHAEL MICHELLE",
        "DAN DEAN DIANE DEN",
        "PAUL POLLY",
        "WADE FADE",
        "MAY AMY",
        "SMITH SCHMIDT SMART",
        "MARK MARY",
        "KHAN COHEN",
        "PATEL PADDLE POTTLE PITT",
        "SINGH SONG",
        "MARTIN MARTHA",
    ],
)
def test_other_names_do_not_sound_alike(names):
    first, *others = names.split()
    alike = [other for other in others if sounds_alike(first, other)]
    assert alike == []


@pytest.mark.parametrize("word", ["J", "王", "ИВАНОВ", "JOHN2", "МОХАМЕД"])
def test_what_is_not_a_latin_word_has_no_sound(word):
    assert sound_of(word) is None


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=20))
def test_every_latin_word_sounds_like_itself_and_its_code_is_lower_case(word):
    sound = sound_of(word)
    assert sound is not None
    assert apart(sound, sound) == 0
    assert sound.code == sound.code.lower()
    assert len(sound.code) <= len(word) + 3
