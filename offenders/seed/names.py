"""Lists of British names, who shares a list, and how a name is misspelt."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offenders.seed.weighted import EVEN, Weighted, counted, ranked, words

if TYPE_CHECKING:
    from random import Random

HEAD_SURNAMES = counted(
    """Smith 127, Jones 75, Taylor 59, Brown 56, Williams 48, Wilson 39, Johnson 40, Davies 36,
    Robinson 33, Wright 33, Thompson 32, Walker 32, Evans 32, White 30, Green 29, Hall 29,
    Wood 28, Jackson 28, Clarke 30, Roberts 28, Hughes 24, Edwards 25, Harris 27, Lewis 24,
    Turner 26, Hill 25, Cooper 25, Ward 27, Moore 25, Martin 24, Clark 22, Morris 23,
    Harrison 24, Morgan 18, Baker 22, King 22, Allen 22, Davis 20, Watson 21, Bennett 20,
    James 19, Parker 20, Cook 19, Price 17, Griffiths 13, Young 18, Lee 20, Shaw 17, Bailey 19,
    Carter 18, Phillips 16, Mitchell 18, Richardson 18, Bell 16, Cox 16, Collins 16, Adams 15,
    Marshall 15, Foster 14, Mills 13, Webb 14, Ellis 14, Rogers 14, Chapman 14, Palmer 14,
    Knight 13, Stevens 12, Barnes 13, Powell 12, Holmes 13, Dixon 12, Hunt 13, Fisher 13,
    Butler 12, Russell 12, Mason 12, Matthews 12, Rose 10, Gibson 10, Murray 10, Simpson 11,
    Ford 11, Barker 10, Kelly 12, Murphy 11, Walsh 8, Gray 10, Scott 16, Stewart 9, Campbell 9,
    Graham 9, Hamilton 6, Reid 7, Ross 6, Grant 7, Lawrence 8, Pearson 9, Reynolds 8, Fox 8,
    Burton 8, Day 7, Brooks 8, Sutton 7, Lowe 7, Hart 7, Booth 7, Bates 7, Bird 6, Perkins 6,
    Gilbert 6, Hudson 6, Payne 7, Newton 6, Peters 5, Bradley 7, Kirk 5, Neal 5, Pegg 3,
    Freeman 6, Moult 2, Measures 2, Toone 2, Geary 3, Orton 3, Bonser 2, Freer 2, Gamble 3,
    Hubbard 3, Dexter 2, Tebbutt 2, Burdett 2, Springthorpe 1, Wormleighton 1, Gilliver 1,
    Chamberlain 4, Sharpe 4, Beasley 3, Jarvis 4, Storer 2, Underwood 3, Wileman 1, Whitmore 2,
    Kirkham 2, Cufflin 1, Poole 4, Weston 4, Tomlinson 5, Timson 2, Hallam 3, Hickman 2"""
)
_STEMS = words(
    """Ash Beck Black Brad Brom Burn Clay Cross Dun East Ell Farn Fair Gold Hart Hay Hazel
    High Hol Lang Long Mar Mead Nor Oak Pen Rad Raven Red Rock Rush Shel Stan Stock Thorn Under
    Wal West Whit Wood Wool Wyn"""
)
_ENDINGS = words(
    """bourne bridge brook bury by combe croft dale den don field ford gate ham hurst land
    ley low man shaw stead ton wall way well wick worth"""
)

# The head of the list bears about half of the population; compound names stand for the long tail.
BRITISH_SURNAMES = Weighted(
    [*HEAD_SURNAMES, *((stem + end, 1.7) for stem in _STEMS for end in _ENDINGS)]
)

BRITISH_MALE = (
    ranked(
        """John, David, Michael, Peter, Robert, Alan, Brian, William, Anthony, Kenneth, Roger,
        Keith, Colin, Barry, Raymond, Terence, George, Roy, Derek, Malcolm, Geoffrey, Trevor"""
    ),
    ranked(
        """David, Paul, Andrew, Mark, John, Michael, Stephen, Ian, Robert, Richard, Christopher,
        Peter, Simon, Anthony, Kevin, Gary, Steven, Martin, James, Philip, Alan, Neil, Nigel,
        Timothy, Colin, Graham, Jonathan, Nicholas, Keith, Sean, Carl, Trevor, Wayne, Shaun"""
    ),
    ranked(
        """Paul, Mark, David, Andrew, Stephen, Christopher, Jason, Darren, Lee, Michael, Robert,
        Matthew, Richard, Simon, James, Gary, Ian, Steven, Daniel, Stuart, Neil, Craig, Kevin,
        Jonathan, Wayne, Martin, Dean, Scott, Carl, Shaun, Sean, Adam, Nathan, Adrian, Karl"""
    ),
    ranked(
        """Christopher, James, David, Daniel, Michael, Matthew, Andrew, Richard, Paul, Mark,
        Thomas, Adam, Robert, John, Lee, Benjamin, Steven, Jonathan, Craig, Stephen, Simon,
        Nicholas, Peter, Anthony, Gary, Ian, Ryan, Darren, Barry, Martin, Jamie, Carl, Kevin,
        Stuart, Scott, Dean, Shaun, Luke, Gareth, Liam, Wayne, Ashley, Aaron, Kyle, Dale"""
    ),
    ranked(
        """Daniel, Thomas, Matthew, Joshua, Jack, Luke, James, Ryan, Adam, Jordan, Liam, Ashley,
        Connor, Callum, Nathan, Lewis, Kieran, Kyle, Joseph, Benjamin, Samuel, Alexander,
        Christopher, Michael, Bradley, Jake, Aaron, Reece, Dominic, Jamie, Shane, Curtis, Josh,
        Brandon, Declan, Ricky, Dale, Tyler, Leon, Corey"""
    ),
    ranked(
        """Jack, Thomas, James, Joshua, Daniel, Harry, Samuel, Joseph, Matthew, Callum, Luke,
        William, Lewis, Oliver, Ryan, Benjamin, George, Liam, Jordan, Adam, Alexander, Jake,
        Connor, Cameron, Nathan, Kieran, Mason, Jamie, Jacob, Charlie, Tyler, Owen, Riley, Logan,
        Leo, Alfie, Kai, Jayden, Corey, Brandon, Ethan, Kian, Reece, Bailey, Finley, Harvey"""
    ),
)
BRITISH_FEMALE = (
    ranked(
        """Margaret, Susan, Patricia, Christine, Mary, Jean, Ann, Linda, Barbara, Maureen, Carol,
        Sandra, Pauline, Janet, Valerie, Sheila, Brenda, Jacqueline, Kathleen, Gillian"""
    ),
    ranked(
        """Susan, Julie, Karen, Jacqueline, Deborah, Tracey, Jane, Helen, Diane, Sharon, Angela,
        Sarah, Alison, Caroline, Amanda, Sandra, Linda, Catherine, Elizabeth, Wendy, Dawn"""
    ),
    ranked(
        """Sarah, Joanne, Claire, Lisa, Nicola, Michelle, Emma, Karen, Tracey, Rachel, Samantha,
        Sharon, Louise, Julie, Helen, Amanda, Deborah, Kelly, Rebecca, Donna, Paula, Maria"""
    ),
    ranked(
        """Sarah, Laura, Gemma, Emma, Rebecca, Claire, Victoria, Samantha, Rachel, Amy, Jennifer,
        Nicola, Katie, Lisa, Kelly, Natalie, Louise, Michelle, Hayley, Hannah, Charlotte, Leanne,
        Danielle, Donna, Stephanie, Stacey, Lauren, Kerry, Kirsty, Jodie, Cheryl, Natasha"""
    ),
    ranked(
        """Rebecca, Lauren, Jessica, Charlotte, Hannah, Sophie, Amy, Emily, Laura, Emma, Chloe,
        Sarah, Lucy, Katie, Bethany, Jade, Megan, Danielle, Abigail, Georgia, Shannon, Kirsty,
        Stephanie, Natasha, Chelsea, Paige, Gemma, Leah, Kayleigh, Holly, Jodie, Stacey, Demi"""
    ),
    ranked(
        """Chloe, Emily, Megan, Jessica, Sophie, Lauren, Charlotte, Hannah, Olivia, Lucy, Ellie,
        Amy, Bethany, Katie, Georgia, Holly, Grace, Ella, Molly, Jade, Abigail, Leah, Mia,
        Courtney, Shannon, Paige, Ruby, Lily, Millie, Summer, Madison, Scarlett, Lacey"""
    ),
)
DOUBLE_BARRELLED_SHARE = 0.02
BRITISH_ERAS = (1960, 1970, 1980, 1990, 2000)


@dataclass(frozen=True, slots=True)
class Community:
    """People who share names; `eras` are the birth years at which the next list begins."""

    surnames: Weighted[str]
    male: tuple[Weighted[str], ...]
    female: tuple[Weighted[str], ...]
    nationalities: Weighted[str]
    ethnicity: Weighted[str]
    second_name_share: float = 0.0
    eras: tuple[int, ...] = ()
    male_second: str = ""
    female_second: str = ""

    def given_names(self, rnd: Random, sex: str, birth_year: int) -> str:
        """Draw given names as they were borne by people born in that year."""
        lists = self.female if sex == "female" else self.male
        names = lists[bisect_right(self.eras, birth_year)]
        first = names.draw(rnd)
        if rnd.random() >= self.second_name_share:
            return first
        usual = self.female_second if sex == "female" else self.male_second
        second = usual or names.draw(rnd)
        return first if second == first else f"{first} {second}"

    def surname(self, rnd: Random, sex: str) -> str:
        """Draw a surname in the form that the sex takes."""
        surname = in_form(self.surnames.draw(rnd), sex)
        if self.eras and rnd.random() < DOUBLE_BARRELLED_SHARE:
            return f"{surname}-{self.surnames.draw(rnd)}"
        return surname


def in_form(surname: str, sex: str) -> str:
    """Give a Polish or Sikh surname its form for women or men; leave every other as it is."""
    if sex == "female" and surname.endswith(("ski", "cki", "Singh")):
        return "Kaur" if surname == "Singh" else f"{surname[:-1]}a"
    if sex == "male" and surname.endswith(("ska", "cka", "Kaur")):
        return "Singh" if surname == "Kaur" else f"{surname[:-1]}i"
    return surname


_SPELLINGS = """Mohammed Muhammad Mohammad Mohamed Muhammed; Ahmed Ahmad Ahmet; Hussain Hussein
    Husain; Yusuf Yousuf Yousef; Aisha Ayesha; Michael Micheal Mick Mike; Stephen Steven Steve;
    Sean Shaun Shawn; David Dave Davey; Christopher Chris Kris; Andrew Andy; Robert Rob Bob Bobby;
    Daniel Dan Danny; Matthew Mathew Matt; James Jim Jimmy Jamie; Thomas Tom Tommy Tomas;
    William Will Billy; Anthony Antony Tony; Joseph Joe; Joshua Josh; Benjamin Ben;
    Samuel Sam; Alexander Alex; Richard Rich Ricky; Edward Eddie Ted; Patrick Paddy Pat;
    Nicholas Nick Nicky Nicolas; Jonathan Jon Johnathan; Kieran Keiran Ciaran; Connor Conor;
    Callum Calum; Reece Rhys Reese; Lewis Louis; Aaron Arron; Bradley Brad; Cameron Cam;
    Charlie Charles; Gary Garry; Darren Daz; Jack Jak; Liam Leam; Luke Luc; Philip Phillip Phil;
    Rebecca Becky Bex; Katie Katy Kate; Nicola Nicky; Samantha Sam Sammy; Jessica Jess Jessie;
    Stacey Stacy; Claire Clare Clair; Sarah Sara; Danielle Dani; Elizabeth Liz Beth; Kelly Kelley;
    Victoria Vicky Vikki; Natalie Nat Nathalie; Catherine Katherine Kathryn Cath; Tracey Tracy;
    Łukasz Lukasz Luke; Paweł Pawel Paul; Michał Michal; Rafał Rafal; Piotr Peter;
    Krzysztof Kris Krzystof; Przemysław Przemyslaw Przemek; Tomasz Tomek Tom; Ionuț Ionut Ionel;
    Ștefan Stefan; Gheorghe George; João Joao John; José Jose Joe; António Antonio; Luís Luis;
    Abdi Abdy; Abdirahman Abdulrahman Abdi; Imran Emran; Harjit Harjeet; Manjit Manjeet;
    Wiśniewski Wisniewski; Wójcik Wojcik; Kamiński Kaminski; Zieliński Zielinski; Dąbrowski
    Dabrowski; Kozłowski Kozlowski; Mureșan Muresan; Lăcătuș Lacatus; Rostaș Rostas; Clarke Clark;
    Smith Smyth; Thompson Thomson; Patel Pattel; Davies Davis; Reid Reed; Nguyen Nguyan;
    Phillips Philips; Chowdhury Choudhury; Khan Kahn; Singh Sing; Begum Begam"""
SPELLINGS: dict[str, tuple[str, ...]] = {
    name: tuple(other for other in group if other != name)
    for group in (entry.split() for entry in _SPELLINGS.split(";"))
    for name in group
}


def other_spelling(rnd: Random, names: str) -> str:
    """Write the first of these names as a hurried clerk, or a friend, would."""
    first, blank, rest = names.partition(" ")
    known = SPELLINGS.get(first)
    if known:
        return f"{known[int(rnd.random() * len(known))]}{blank}{rest}"
    at = 1 + int(rnd.random() * (len(first) - 1))
    doubled = rnd.random() < EVEN
    slip = f"{first[:at]}{first[at - 1 if doubled else at + 1 :]}"
    return f"{slip}{blank}{rest}"
