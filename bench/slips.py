"""How names and dates are got wrong: made without a look at how the service searches.

Typing errors follow a British keyboard; hearing errors are written from ordinary confusions of
spelling; short forms and twin spellings are those of everyday speech.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FIRST_LETTER_SHARE = 0.08  # the first letter is seldom the wrong one
_NEIGHBOUR_SHARE = 0.75


def _neighbours() -> dict[str, str]:
    found: dict[str, str] = {}
    for height, row in enumerate(_ROWS):
        for place, letter in enumerate(row):
            near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
            for other in _ROWS[max(0, height - 1) : height] + _ROWS[height + 1 : height + 2]:
                near += other[max(0, place - 1) : place + 1]
            found[letter] = near
    return found


_NEAR = _neighbours()


def _place(rnd: Random, word: str) -> int:
    if len(word) == 1 or rnd.random() < _FIRST_LETTER_SHARE:
        return 0
    return rnd.randrange(1, len(word))


def _wrong_letter(rnd: Random, letter: str) -> str:
    near = _NEAR.get(letter.lower(), _LETTERS) if rnd.random() < _NEIGHBOUR_SHARE else _LETTERS
    return rnd.choice([each for each in near if each != letter.lower()])


def insertion(rnd: Random, word: str) -> str:
    """Strike a key too many: the same one twice, or one beside it."""
    at = _place(rnd, word)
    extra = word[at].lower() if rnd.random() < 0.5 else _wrong_letter(rnd, word[at])  # noqa: PLR2004
    return word[: at + 1] + extra + word[at + 1 :]


def deletion(rnd: Random, word: str) -> str:
    """Leave a letter out."""
    at = _place(rnd, word)
    return word[:at] + word[at + 1 :]


def substitution(rnd: Random, word: str) -> str:
    """Strike another key."""
    at = _place(rnd, word)
    return word[:at] + _wrong_letter(rnd, word[at]) + word[at + 1 :]


def transposition(rnd: Random, word: str) -> str:
    """Strike two keys in the wrong order."""
    places = [at for at in range(len(word) - 1) if word[at].lower() != word[at + 1].lower()]
    if not places:
        return deletion(rnd, word)
    at = rnd.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


_HEARD = """
    ph f; f ph; ck k; k ck; ie ei; ei ie; ee ea; ea ee; ou ow; ow ou; ai ay; ay ai; y ie; ey y;
    ll l; ss s; tt t; nn n; mm m; rr r; pp p; dd d; w v; v w; cz ch; sz sh; sh sz; kh k; dh d;
    th t; gh g; oo u; u oo; c k; k c; z s; s z; aa a; ah a; ur er; er ur; or er; an en; en an;
    am um; um am; on en; el al; il el; ain ein; ein ain; mac mc; mc mac; wh w; sch sh; x ks;
    son sen; sen son; le el; ar er; qu k; j y; ski sky; tch ch; augh or; e i; i e; a e; o u; u o
"""
_HEARD_PAIRS = [tuple(pair.split()) for pair in _HEARD.split(";")]


def misheard(rnd: Random, word: str) -> str | None:
    """Write a name as it sounds to somebody else, with one change; None where none comes up."""
    lower = word.lower()
    fitting = [
        pair
        for pair in _HEARD_PAIRS
        if pair[0] in lower[1:] or (len(pair[0]) > 1 and lower.startswith(pair[0]))
    ]
    # What changes the most letters is what people hear; single vowels come last.
    usual = [pair for pair in fitting if len(pair[0]) > 1 or pair[0] in "ckszwvf"] or fitting
    if not usual:
        return None
    old, new = rnd.choice(usual)
    start = 0 if len(old) > 1 else 1
    at = lower.find(old, start)
    return lower[:at] + new + lower[at + len(old) :] if at >= 0 else None


_TWINS = """
    catherine kathryn katherine katharine cathryn; stephen steven stephan; sean shaun shawn;
    mohammed muhammad mohamed mohammad muhammed mohamad; ahmed ahmad; hussain hussein husain;
    yusuf yousuf yousef; aisha ayesha aysha; michael micheal mikael; geoffrey jeffrey jeffery;
    philip phillip filip; matthew mathew; nicholas nicolas nickolas; jonathan johnathan jonathon;
    anthony antony; kieran keiran ciaran kieron; connor conor konnor; callum calum kallum;
    reece rhys reese; lewis louis; aaron arron aron; gary garry; darren daren darron;
    stuart stewart; graham graeme grahame; alan allan allen; brian bryan; carl karl; marc mark;
    eric erik; ian iain; craig kraig; gareth garreth; lee leigh; dean deen; wayne wain;
    claire clare clair; sarah sara; tracey tracy tracie; stacey stacy staci; katie katy;
    rebecca rebekah; rachel rachael; teresa theresa; ann anne; lynn lynne; jane jayne;
    hayley haley hailey; leanne leeanne lianne; kirsty kirstie; jodie jody; gillian jillian;
    smith smyth smythe; clarke clark; davies davis; thompson thomson tompson; reid reed read;
    phillips philips phillipps; taylor tayler tailor; browne brown; greene green; moore moor more;
    harrison harison; williams willams; evans evens; edwards edwardes; stevens stephens;
    matthews mathews; hughes hughs; griffiths griffith griffths; nicholls nichols; lowe low;
    sharpe sharp; payne paine pain; webb web; bailey bayley baily; shaw shore; walsh welsh;
    kelly kelley; murphy murphey; murray murry; reynolds renolds; russell russel; mitchell mitchel;
    campbell cambell; simpson simson; dixon dickson; watson wattson; gibson gibbson;
    patel pattel patil; singh sing; khan kahn; begum begam; chowdhury choudhury chaudhry;
    sheikh shaikh; malik mallik; iqbal ikbal; akhtar akhter actar; qureshi kureshi; mahmood mehmood
    mahmud; rahman rehman; uddin udin; miah mia miya; chauhan chohan; solanki solenki;
    kowalski kovalski; nowak novak; wisniewski vishnevski visniewski; wojcik woicik;
    lewandowski levandovski; kaminski kamynski; popescu popesku; nguyen nguyan; okafor okafore;
    abdi abdy; hassan hasan; omar umar; ibrahim ebrahim; ismail ismael; osman usman;
    gurpreet gurprit; harpreet harprit; manpreet manprit; jaspreet jasprit; amandeep amandip;
    kulwinder kulvinder; balwinder balvinder; krzysztof kristof; tomasz tomash; piotr pyotr
"""
_GROUPS = [group.split() for group in _TWINS.split(";")]


def twin_spelling(rnd: Random, word: str) -> str | None:
    """Give another usual spelling of a name."""
    for group in _GROUPS:
        if word.lower() in group:
            return rnd.choice([each for each in group if each != word.lower()])
    return None


_SHORT = """
    william bill will billy; robert bob rob bobby; richard rick richie dick; john jack johnny;
    james jim jimmy jamie; michael mick mike micky; christopher chris; david dave davey;
    andrew andy drew; stephen steve; steven steve; anthony tony; daniel dan danny;
    matthew matt; thomas tom tommy; joseph joe; joshua josh; benjamin ben; samuel sam;
    alexander alex; edward ted eddie ed; patrick pat paddy; nicholas nick; jonathan jon;
    charles charlie; timothy tim; philip phil; peter pete; kenneth ken kenny; ronald ron;
    raymond ray; terence terry; geoffrey geoff; leonard len; gregory greg; frederick fred;
    bradley brad; cameron cam; nathan nate; jacob jake; zachary zak; elizabeth liz beth lizzie;
    catherine cath kate cathy; katherine kath kate kathy; margaret maggie peggy meg;
    rebecca becky becca; samantha sam; jessica jess; victoria vicky; jennifer jenny jen;
    patricia pat trish; christine chris; susan sue; deborah debbie deb; jacqueline jackie;
    charlotte charlie lottie; stephanie steph; nicola nicky; natalie nat; danielle dani;
    amanda mandy; barbara babs; kimberley kim; michelle shell; abigail abi abbie; bethany beth
"""
_SHORT_FORMS = {name: forms for name, *forms in (entry.split() for entry in _SHORT.split(";"))}
_FULL_FORMS: dict[str, list[str]] = {}
for _name, _forms in _SHORT_FORMS.items():
    for _form in _forms:
        _FULL_FORMS.setdefault(_form, []).append(_name)


def other_form(rnd: Random, word: str) -> str | None:
    """Give the short form of a name, or the full one of a short form."""
    forms = _SHORT_FORMS.get(word.lower()) or _FULL_FORMS.get(word.lower())
    return rnd.choice(forms) if forms else None


def wrong_date(rnd: Random, born: date) -> date | None:
    """Give a date of birth with one usual slip: day and month, digits, a year off, one wrong."""
    slips = [_swapped, _two_digits, _year_off, _digit_wrong]
    rnd.shuffle(slips)
    for slip in slips:
        wrong = slip(rnd, born)
        if wrong is not None and wrong != born and 1905 < wrong.year < 2020:  # noqa: PLR2004
            return wrong
    return None


def _swapped(_rnd: Random, born: date) -> date | None:
    return _real(born.year, born.day, born.month)


def _digit_wrong(rnd: Random, born: date) -> date | None:
    written, at = f"{born:%Y%m%d}", rnd.randrange(2, 8)
    slip = written[:at] + rnd.choice("0123456789") + written[at + 1 :]
    return _real(int(slip[:4]), int(slip[4:6]), int(slip[6:]))


def _two_digits(rnd: Random, born: date) -> date | None:
    part = rnd.choice(["day", "month", "year"])
    if part == "year":
        return _real(
            int(f"{born.year // 100}{born.year % 10}{born.year // 10 % 10}"), born.month, born.day
        )
    if part == "month":
        return _real(born.year, int(f"{born.month:02}"[::-1]), born.day)
    return _real(born.year, born.month, int(f"{born.day:02}"[::-1]))


def _year_off(rnd: Random, born: date) -> date | None:
    return _real(born.year + rnd.choice([-1, 1]), born.month, born.day)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
