"""Weighted lists of names, places and offences from which made-up records are put together."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

T = TypeVar("T")
EVEN = 0.5  # either way is as likely


class Weighted(Generic[T]):
    """Values that are drawn in proportion to their weights, in well under a microsecond."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        """Add the weights up once."""
        self.values, weights = zip(*pairs, strict=True)
        self._sums = tuple(accumulate(weights))
        self._last = len(self.values) - 1

    def draw(self, rnd: Random) -> T:
        """Draw one value."""
        value: T = self.values[
            bisect_right(self._sums, rnd.random() * self._sums[-1], 0, self._last)
        ]
        return value


def _words(text: str) -> list[str]:
    return text.split()


def counted(text: str) -> list[tuple[str, float]]:
    """Read `Smith 127, Da Silva 3`: names with how many of ten thousand people bear them."""
    pairs = (entry.rsplit(maxsplit=1) for entry in text.split(","))
    return [(name.strip(), float(count)) for name, count in pairs]


def ranked(text: str) -> Weighted[str]:
    """Read names in order of frequency; the weight falls with the rank as it does in births."""
    names = [name.strip() for name in text.split(",")]
    return Weighted((name, 1 / (rank + 6)) for rank, name in enumerate(names))


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
_STEMS = _words(
    """Ash Beck Black Brad Brom Burn Clay Cross Dun East Ell Farn Fair Gold Hart Hay Hazel
    High Hol Lang Long Mar Mead Nor Oak Pen Rad Raven Red Rock Rush Shel Stan Stock Thorn Under
    Wal West Whit Wood Wool Wyn"""
)
_ENDINGS = _words(
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


def _community(  # noqa: PLR0913, PLR0917 - one row of the table below, each column once
    surnames: str,
    male: str,
    female: str,
    nationalities: str,
    ethnicity: str,
    second: tuple[float, str, str] = (0.0, "", ""),
) -> Community:
    return Community(
        Weighted(counted(surnames)),
        (ranked(male),),
        (ranked(female),),
        Weighted(counted(nationalities)),
        Weighted(counted(ethnicity)),
        second[0],
        (),
        second[1],
        second[2],
    )


def _british(nationalities: str, ethnicity: str) -> Community:
    return Community(
        BRITISH_SURNAMES,
        BRITISH_MALE,
        BRITISH_FEMALE,
        Weighted(counted(nationalities)),
        Weighted(counted(ethnicity)),
        0.5,
        BRITISH_ERAS,
    )


# Nationalities: alpha-3, `+` joins two. Ethnicity: self-defined (18+1) / officer-observed (6+1).
WHITE_BRITISH = _british("GBR 985, GBR+IRL 5, GBR+USA 1, GBR+AUS 2", "W1/1 930, NS/1 40, W9/1 30")
MIXED = _british("GBR 97, GBR+JAM 3", "M1/3 50, M1/1 8, M2/3 14, M3/4 16, M9/3 6, M9/2 6")
GUJARATI = _community(
    """Patel 560, Mistry 80, Solanki 70, Chauhan 70, Parmar 60, Shah 60, Desai 30, Joshi 40,
    Vaghela 30, Makwana 30, Lad 20, Thakrar 15, Popat 12, Raja 15, Kotecha 12, Modhvadia 25,
    Odedra 45, Karavadra 20, Sisodia 12, Rathod 40, Vadher 12, Bhatt 20, Pandya 20, Trivedi 12,
    Gohil 25, Tailor 20, Soni 20, Panchal 15, Limbachia 10, Jethwa 20, Hirani 15, Halai 10""",
    """Amit, Rahul, Jay, Dipesh, Nikesh, Mitesh, Pritesh, Kishan, Rohan, Rajesh, Sanjay, Anil,
    Sunil, Bhavesh, Jayesh, Hitesh, Vijay, Kamlesh, Mukesh, Paresh, Akash, Nilesh, Suresh, Ashok,
    Bharat, Mahesh, Dilip, Sagar, Krishan, Vishal, Chirag, Ketan, Ajay, Alpesh, Dhaval, Gautam,
        Haresh, Jignesh, Kalpesh, Manish, Milan, Neel, Prakash, Samir, Tejas, Umesh, Yash""",
    """Priya, Hina, Nisha, Sonal, Bhavna, Hetal, Pooja, Reena, Jyoti, Meena, Anita, Kajal, Rekha,
    Daksha, Nita, Minal, Payal, Krupa, Asha, Urvashi""",
    "GBR 80, IND 11, PRT 4, GBR+IND 2, PRT+IND 3",
    "A1/4 90, A9/4 5, NS/4 5",
    (0.3, "Kumar", "Ben"),
)
MUSLIM = _community(
    """Khan 120, Ahmed 110, Ali 90, Hussain 90, Patel 90, Akhtar 25, Iqbal 30, Akhter 8,
    Mahmood 30, Malik 30, Shaikh 30, Sheikh 15, Miah 35, Uddin 30, Rahman 35, Chowdhury 20,
    Islam 20, Mohammed 35, Aziz 15, Raza 12, Mirza 10, Qureshi 10, Butt 10, Bham 8, Adam 10,
    Issa 8, Moosa 10, Suleman 12, Nakhuda 4, Vali 6, Munshi 5, Omarji 3""",
    """Mohammed, Imran, Ahmed, Ali, Hassan, Abdul, Usman, Bilal, Asif, Ibrahim, Yusuf, Adam,
    Hamza, Faisal, Tariq, Zubair, Ismail, Junaid, Shahid, Nadeem, Khalid, Sajid, Waqas, Rashid,
    Aamir, Zain, Sohail, Omar, Irfan, Kamran, Naeem, Haroon, Salim, Riaz""",
    """Fatima, Aisha, Shabana, Nazia, Sadia, Amina, Zainab, Khadija, Maryam, Saima, Rukhsana,
    Shazia, Farzana, Nasreen, Samina, Sumaiya, Halima, Yasmin, Rehana, Tahira""",
    "GBR 850, PAK 50, IND 35, BGD 40, GBR+PAK 15, ITA+BGD 10",
    "A2/4 40, A1/4 30, A3/4 20, A9/4 6, NS/4 4",
    (0.35, "", "Begum"),
)
SIKH = _community(
    """Singh 350, Sandhu 25, Dhillon 20, Gill 35, Sidhu 20, Bains 15, Johal 12, Rai 12,
    Uppal 8, Sahota 12, Atwal 10, Chahal 10, Dhaliwal 12, Sangha 10, Purewal 6""",
    """Harjit, Gurpreet, Amandeep, Jaspreet, Sukhdev, Manjit, Kulwinder, Balwinder, Ravinder,
    Harpreet, Jagdeep, Parminder, Surjit, Gurdeep, Baljit, Kuldip, Arjan, Jasdeep""",
    """Harpreet, Manpreet, Jaspreet, Kulwinder, Gurpreet, Sukhjit, Amandeep, Rajinder, Baljit,
    Paramjit, Kiran, Simran""",
    "GBR 84, IND 13, GBR+IND 3",
    "A1/4 92, A9/4 5, NS/4 3",
    (0.75, "Singh", "Kaur"),
)
CARIBBEAN = _community(
    """Campbell 60, Brown 60, Williams 60, Johnson 30, Francis 35, Joseph 30, Charles 25,
    Henry 25, Gordon 25, Grant 25, Reid 25, Morgan 20, Daley 15, Bailey 15, Clarke 25, Edwards 20,
    Samuels 18, Lewis 20, Thomas 25, Nelson 12, Gayle 12, Barrett 12, Lawrence 12, Powell 12,
    Browne 10, Weekes 8, Prince 6, Greenaway 5, Allen 12, Simpson 10, Stewart 12""",
    """Marcus, Leon, Jermaine, Andre, Tyrone, Nathan, Michael, Anthony, Jordan, Aaron, Dwayne,
    Delroy, Winston, Curtis, Reece, Jerome, Omari, Kyle, Errol, Clive, Devon, Tyrell, Malachi,
    Isaiah, Darnell, Carlton""",
    """Michelle, Jasmine, Natalie, Sharon, Chantelle, Shanice, Leanne, Tanisha, Simone, Ebony,
    Keisha, Sonia, Beverley, Marcia, Aaliyah""",
    "GBR 88, JAM 8, GBR+JAM 4",
    "B1/3 85, B9/3 6, M1/3 6, NS/3 3",
    (0.4, "", ""),
)
SOMALI = _community(
    """Mohamed 90, Ali 70, Hassan 60, Ahmed 60, Abdi 60, Hussein 40, Omar 40, Yusuf 30,
    Ibrahim 30, Farah 30, Warsame 20, Jama 20, Aden 20, Osman 25, Abdullahi 25, Isse 12,
    Nur 15, Sheikh 10, Elmi 10, Dirie 6""",
    """Mohamed, Abdi, Ahmed, Abdirahman, Ali, Hassan, Ibrahim, Abdullahi, Mahad, Yusuf, Liban,
    Guled, Zakaria, Khalid, Ismail, Hamse, Bashir, Abdulkadir""",
    "Hodan, Fadumo, Amina, Sagal, Ayan, Hibo, Khadra, Ifrah, Nasra, Asha",
    "GBR 64, SOM 18, NLD 8, SWE 4, NLD+SOM 3, GBR+SOM 3",
    "B2/3 95, B9/3 3, NS/3 2",
    (0.6, "", ""),
)
AFRICAN = _community(
    """Moyo 25, Ncube 20, Sibanda 20, Dube 18, Ndlovu 20, Mutasa 8, Okafor 18, Adeyemi 15,
    Ogunleye 12, Okoro 12, Balogun 10, Mensah 15, Owusu 15, Boateng 12, Kabongo 10, Mukendi 8,
    Ilunga 8, Banda 15, Phiri 15, Tembo 8, Kamara 8, Sesay 6, Jallow 6, Tesfay 8""",
    """Emmanuel, Tinashe, Tendai, Blessing, Samuel, Daniel, Joseph, David, Kelvin, Tafadzwa,
    Chukwuma, Ibrahim, Kwame, Kofi, Patrick, Christian, Jean, Prince, Michael, Elijah""",
    "Grace, Blessing, Tendai, Precious, Faith, Mercy, Chipo, Ngozi, Esther, Ruth, Rutendo, Abena",
    "GBR 52, ZWE 14, NGA 10, COD 7, MWI 4, GHA 6, ERI 4, GBR+NGA 3",
    "B2/3 92, B9/3 5, NS/3 3",
    (0.4, "", ""),
)
POLISH = _community(
    """Nowak 60, Kowalski 40, Wiśniewski 30, Wójcik 28, Kowalczyk 28, Kamiński 27, Lewandowski 26,
    Zieliński 26, Szymański 25, Woźniak 25, Dąbrowski 24, Kozłowski 22, Jankowski 20, Mazur 20,
    Kwiatkowski 18, Krawczyk 18, Piotrowski 17, Grabowski 16, Zając 15, Pawłowski 15, Król 14,
    Wieczorek 13, Jabłoński 13, Majewski 12, Sikora 10, Baran 10""",
    """Piotr, Krzysztof, Tomasz, Paweł, Michał, Marcin, Łukasz, Adam, Jakub, Mateusz, Dawid,
    Rafał, Kamil, Sebastian, Grzegorz, Mariusz, Damian, Dariusz, Patryk, Przemysław, Robert,
    Andrzej, Jacek, Artur, Radosław, Daniel""",
    """Anna, Katarzyna, Agnieszka, Małgorzata, Magdalena, Joanna, Monika, Ewelina, Paulina,
    Karolina, Natalia, Sylwia, Dorota, Justyna, Marta, Kinga""",
    "POL 92, GBR 5, GBR+POL 3",
    "W9/1 96, NS/1 4",
    (0.15, "", ""),
)
ROMANIAN = _community(
    """Popa 30, Popescu 25, Ionescu 20, Radu 20, Dumitru 20, Stan 18, Stoica 16, Gheorghe 16,
    Matei 14, Ciobanu 14, Rusu 14, Mureșan 10, Munteanu 12, Constantin 12, Florea 10, Lăcătuș 8,
    Ciurar 8, Rostaș 8, Covaci 8, Lingurar 6, Tudor 10, Marin 14, Dinu 8, Barbu 8""",
    """Andrei, Alexandru, Ionuț, Marian, Florin, Cristian, Gheorghe, Ion, Vasile, Daniel, Mihai,
    Ștefan, Adrian, Nicolae, Constantin, Bogdan, Gabriel, Marius, Cosmin, Costel, Robert""",
    "Maria, Elena, Ioana, Andreea, Mihaela, Florentina, Alina, Cristina, Daniela, Ana, Gabriela",
    "ROU 95, GBR 2, HUN 1, ROU+ITA 2",
    "W9/2 82, W3/2 8, W9/1 6, NS/2 4",
    (0.45, "", ""),
)
PORTUGUESE = _community(
    """Silva 40, Santos 30, Fernandes 30, Ferreira 22, Pereira 22, Da Silva 14, Dias 20, Costa 18,
    D'Souza 15, Rodrigues 20, Gomes 18, Martins 14, Lopes 14, Mendes 10, De Sousa 8, Pinto 8""",
    """João, José, António, Paulo, Carlos, Pedro, Miguel, Ricardo, Luís, Nuno, Bruno, Tiago,
    Rui, Nelson, Savio, Melvin, Agnelo""",
    "Maria, Ana, Sandra, Carla, Sónia, Patrícia, Fátima, Inês, Catarina, Célia",
    "PRT 82, GBR 6, BRA 5, PRT+IND 7",
    "W9/2 60, A9/4 20, B9/3 14, NS/2 6",
    (0.4, "", ""),
)
IRISH = _community(
    """Murphy 30, Kelly 28, O'Brien 24, Ryan 22, O'Connor 20, Doherty 20, Walsh 20, McCarthy 15,
    Gallagher 15, Byrne 14, O'Neill 16, Connors 18, McDonagh 18, Ward 16, Delaney 8, Maughan 7,
    O'Driscoll 6, Reilly 12, McGinley 7, Stokes 8, Cash 6, Joyce 8, Doran 5""",
    """Patrick, Michael, John, James, Martin, Thomas, Sean, Kevin, Daniel, William, Edward,
    Declan, Brendan, Liam, Gerard, Bernard, Miley""",
    "Mary, Bridget, Margaret, Kathleen, Ann, Catherine, Theresa, Siobhan, Nora, Winifred, Eileen",
    "GBR 50, IRL 42, GBR+IRL 8",
    "W2/1 62, W3/1 28, W1/1 8, NS/1 2",
    (0.35, "", ""),
)
BALTIC = _community(
    """Kazlauskas 20, Petrauskas 16, Jankauskas 15, Stankevičius 14, Vasiliauskas 12, Žukauskas 12,
    Butkus 10, Urbonas 8, Bērziņš 12, Kalniņš 10, Ozols 9, Ivanovs 10, Liepa 8, Balodis 6""",
    """Tomas, Mantas, Andrius, Darius, Mindaugas, Gintaras, Vytautas, Marius, Rokas, Edgars,
    Artūrs, Aleksandrs, Juris, Andris, Lukas""",
    "Inga, Rasa, Kristina, Jurgita, Laura, Edita, Ilze, Inese, Agnese, Viktorija",
    "LTU 62, LVA 33, GBR 5",
    "W9/1 97, NS/1 3",
)
ALBANIAN = _community(
    """Hoxha 20, Shehu 14, Gjoka 10, Kola 10, Marku 10, Prifti 8, Dervishi 8, Leka 8, Cela 8,
    Hysa 8, Lika 6, Ndoj 6, Tafa 5, Bardhi 5""",
    """Arben, Ardit, Klajdi, Endri, Ergys, Florian, Gentian, Ilir, Kristian, Mario, Besnik,
    Aleksandër, Dritan, Xhulio""",
    "Elona, Mirela, Anisa, Eda, Valbona",
    "ALB 94, GBR 3, ITA 3",
    "W9/2 95, NS/2 5",
)
MIDDLE_EASTERN = _community(
    """Ahmed 30, Mohammed 30, Hassan 24, Hussein 24, Karim 15, Rashid 12, Saleh 10, Ahmadi 12,
    Rezaei 8, Hosseini 8, Mohammadi 12, Safi 8, Stanekzai 5, Al-Jaberi 3, Aziz 12, Haji 6""",
    """Mohammed, Ahmed, Ali, Hassan, Karwan, Rebin, Omar, Mustafa, Ibrahim, Reza, Amir, Farhad,
    Najib, Hamid, Shwan, Saman, Idris, Khaled""",
    "Zahra, Fatima, Shirin, Leila, Maryam, Nasrin",
    "IRQ 28, IRN 17, AFG 20, SDN 8, SYR 7, ERI 5, GBR 15",
    "O9/6 55, O2/6 35, A9/4 6, NS/6 4",
    (0.25, "", ""),
)
EAST_ASIAN = _community(
    "Nguyen 50, Tran 20, Le 15, Pham 12, Chen 18, Wong 12, Li 12, Lin 10, Zhang 8, Chan 8, Hoang 6",
    "Van, Minh, Tuan, Duc, Wei, Jun, Hai, Dung, Quang, Jason, Kevin, Peter",
    "Thi, Lan, Mei, Linh, Hoa, Amy, Ling",
    "VNM 48, CHN 25, GBR 27",
    "A9/5 55, A4/5 40, NS/5 5",
    (0.4, "", ""),
)

LEICESTERSHIRE = Weighted(
    [
        (WHITE_BRITISH, 58.5),
        (MIXED, 4.0),
        (GUJARATI, 8.0),
        (MUSLIM, 7.5),
        (SIKH, 2.6),
        (CARIBBEAN, 4.2),
        (SOMALI, 2.2),
        (AFRICAN, 2.3),
        (POLISH, 3.4),
        (ROMANIAN, 2.8),
        (PORTUGUESE, 1.0),
        (IRISH, 1.5),
        (BALTIC, 0.8),
        (ALBANIAN, 0.6),
        (MIDDLE_EASTERN, 1.4),
        (EAST_ASIAN, 0.4),
    ]
)
ELSEWHERE = Weighted(
    [
        (WHITE_BRITISH, 69.0),
        (MIXED, 4.0),
        (GUJARATI, 1.2),
        (MUSLIM, 5.5),
        (SIKH, 1.3),
        (CARIBBEAN, 3.6),
        (SOMALI, 0.9),
        (AFRICAN, 2.2),
        (POLISH, 3.2),
        (ROMANIAN, 3.6),
        (PORTUGUESE, 0.8),
        (IRISH, 2.0),
        (BALTIC, 1.2),
        (ALBANIAN, 1.1),
        (MIDDLE_EASTERN, 1.7),
        (EAST_ASIAN, 0.6),
    ]
)

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


_STREET_STEMS = _words(
    """Alder Aster Bracken Bram Brindle Cald Candle Comfrey Cop Corn Curlew Dapple Ember
    Fallow Fenn Finch Gable Garnet Gorse Hather Heron Ivel Kestrel Lark Linnet Lock Marl Meadow Mill
    Moor Orchard Pear Pippin Quarry Quill Rowan Saffron Sedge Sorrel Spindle Tansy Teasel Thistle
    Vetch Weaver Willow Wren Yarrow"""
)
_STREET_ENDINGS = _words(
    """acre bank beck cote cross down fold garth holme holt knoll mere pike ridge
    stile thwaite wath wold"""
)
STREET_NAMES = tuple(stem + end for stem in _STREET_STEMS for end in _STREET_ENDINGS)
STREET_TYPES = Weighted(
    counted("Road 28, Street 22, Close 18, Avenue 12, Drive 10, Way 6, Lane 5, Court 4, Crescent 4")
)

DISTRICTS = {
    "Leicester": ("Leicester", ("LE1", "LE2", "LE3", "LE4", "LE5")),
    "Rutland": ("Oakham", ("LE15", "PE9")),
    "Blaby": ("Leicester", ("LE8", "LE9", "LE19")),
    "Charnwood": ("Loughborough", ("LE7", "LE11", "LE12")),
    "Harborough": ("Market Harborough", ("LE16", "LE17")),
    "Hinckley and Bosworth": ("Hinckley", ("LE9", "LE10")),
    "Melton": ("Melton Mowbray", ("LE13", "LE14")),
    "North West Leicestershire": ("Coalville", ("LE65", "LE67")),
    "Oadby and Wigston": ("Wigston", ("LE2", "LE18")),
}
_TOWNS = """01 SE London, 03 CA Carlisle, 04 PR Preston, 05 L Liverpool, 06 M Manchester,
    07 CH Chester, 10 NE Newcastle upon Tyne, 11 DH Durham, 12 YO York, 13 LS Leeds,
    14 S Sheffield, 16 HU Hull, 17 TS Middlesbrough, 20 B Birmingham, 21 ST Stoke-on-Trent,
    22 WR Worcester, 23 CV Warwick, 30 DE Derby, 31 NG Nottingham, 32 LN Lincoln, 33 LE Leicester,
    34 NN Northampton, 35 CB Cambridge, 36 NR Norwich, 37 IP Ipswich, 40 MK Bedford, 41 SG Hertford,
    42 CM Chelmsford, 43 OX Oxford, 44 SO Southampton, 45 GU Guildford, 46 ME Maidstone,
    47 BN Brighton, 48 EC London, 50 EX Exeter, 52 BS Bristol, 53 GL Gloucester, 54 SN Swindon,
    55 BH Bournemouth, 60 LL Wrexham, 61 NP Newport, 62 CF Cardiff, 63 SA Carmarthen"""
# The chief town of each territorial force and its postcode area.
TOWNS = {
    force: (town, area)
    for force, area, town in (entry.split(maxsplit=2) for entry in _TOWNS.split(","))
}

VEHICLE_MAKES = Weighted(
    counted(
        """Ford 14, Vauxhall 12, Volkswagen 11, BMW 8, Audi 8, Mercedes-Benz 7, Nissan 6,
        Toyota 6, Peugeot 6, Renault 5, Kia 4, Hyundai 4, Honda 4, Citroen 4, Fiat 3, Seat 3"""
    )
)
VEHICLE_COLOURS = Weighted(
    counted("Black 22, Grey 21, White 17, Blue 16, Silver 12, Red 9, Green 2, Orange 1")
)
# Q never stands among the last three letters of a real mark of this style.
MARK_AREAS = "FBKNPYLVRS"
MARK_LETTERS = "ABCDEFGHJKLMNOPRSTUVWXYZ"

YOUNGEST, OLDEST = 10.6, 88.0  # years; nobody under ten can be a suspect (CYPA 1933 s.50)
AGE_BANDS = Weighted(
    [
        ((YOUNGEST, 18.0), 6.0),
        ((18.0, 25.0), 22.0),
        ((25.0, 35.0), 31.0),
        ((35.0, 45.0), 21.0),
        ((45.0, 55.0), 11.0),
        ((55.0, 65.0), 6.0),
        ((65.0, 75.0), 2.2),
        ((75.0, OLDEST), 0.8),
    ]
)
SEXES = Weighted(counted("male 844, female 152, not_known 3, not_specified 1"))
KIN = Weighted(counted("sibling 40, partner 24, parent 20, housemate 11, twin 5"))
ALIASES = Weighted(
    counted("spelling 38, surname_spelling 18, swapped 10, former 14, false 12, other_date 8")
)
OTHER_ADDRESSES = Weighted(counted("partner 45, work 30, other 25"))
MARKERS = Weighted(counted("VI 30, DR 20, WE 15, SH 11, MN 8, SU 6, AT 5, CO 3, ES 2"))
MARKER_RATIONALES = {
    "VI": "Assaulted an officer on arrest.",
    "DR": "Found with controlled drugs when searched.",
    "WE": "Carried a knife when stopped.",
    "SH": "Self-harm while detained.",
    "MN": "Assessed by liaison and diversion in custody.",
    "SU": "Said in custody that he or she would end their life.",
    "AT": "Told the custody nurse of an ailment that needs medicine.",
    "CO": "Hid drugs on the body.",
    "ES": "Ran from an escort at hospital.",
}


class Offence(NamedTuple):
    """An offence code, how often it is domestic, and its severity from 1 to 4."""

    code: str
    domestic_share: float
    severity: int


def _offences(text: str) -> Weighted[Offence]:
    """Read `CJ88116 16 50 2`: code, weight, domestic per cent, severity."""
    rows = (entry.split() for entry in text.split(","))
    return Weighted(
        (Offence(code, int(domestic) / 100, int(severity)), float(weight))
        for code, weight, domestic, severity in rows
    )


_CRIMES = _offences(
    """CJ88116 17 60 2, CJ88001 9 55 2, OF61102 9 45 3, OF61131 3 25 3, OF61016 1.6 20 4,
    SC15005 2 90 4, SC15004 1.5 100 3, PH97010 1.5 80 4, PH97011 1.5 75 3, PH97004 4 50 2,
    OF61014 1.2 40 3, SX03001 0.8 5 4, COML025 0.1 10 4, TH68023 3.5 0 3, TH68036 5 2 3,
    TH68026 1.2 2 3, TH68037 2 0 2, TH68010 17 0 1, TH68001 2 1 1, TH68013 3 2 2, TH68151 1 0 2,
    CA81001 1.5 0 1, CD71039 10 30 1, MD71230 2 0 3, MD71526 1.5 0 2, MD71530 2 0 1,
    CJ88144 2.5 2 3, RT88026 1.5 0 2"""
)
_WARRANT_OFFENCES = _offences(
    """BA76001 35 8 1, TH68010 20 0 1, CJ88116 12 50 2, CJ88001 6 50 2, CD71039 7 25 1,
    MD71530 5 0 1, TH68036 3 0 3, CJ88144 3 0 3, RT88026 4 0 2, OF61102 4 35 3, TH68013 2 0 2"""
)
_ORDER_OFFENCES = _offences(
    """FL96001 34 95 3, SE20001 24 2 1, SX03204 14 0 3, SE20012 12 0 4, PH97005 8 70 3,
    ST19001 4 60 4, SX03245 2 0 4, SC07001 1 0 3, FB89010 1 0 1"""
)
_SENTENCED = """TH68036 16 0 3, TH68023 12 0 3, OF61102 12 40 3, TH68010 14 0 2, MD71230 10 0 3,
    OF61016 6 20 4, CJ88144 5 0 3"""
REASONS = Weighted(
    counted(
        """named_suspect 65, failed_to_answer_bail 12, court_warrant 14, breach_of_order 2.5,
        breach_of_bail 2, prison_recall 3.5, unlawfully_at_large 1"""
    )
)
OFFENCES = {
    "named_suspect": _CRIMES,
    "failed_to_answer_bail": _CRIMES,
    "court_warrant": _WARRANT_OFFENCES,
    "breach_of_order": _ORDER_OFFENCES,
    "breach_of_bail": _CRIMES,
    "prison_recall": _offences(f"CJ03007 25 10 3, {_SENTENCED}"),
    "unlawfully_at_large": _offences(_SENTENCED),
}
PRIORITY_CRIMES = {"TH68036", "TH68026", "TH68023", "CJ88144", "TH68151", "SX03001", "COML025"}
POWERS = {
    "named_suspect": "PACE 1984 s.24",
    "failed_to_answer_bail": "PACE 1984 s.46A",
    "court_warrant": "Bail Act 1976 s.7(1)",
    "breach_of_order": "PACE 1984 s.24",
    "breach_of_bail": "Bail Act 1976 s.7(3)",
    "prison_recall": "Prison Act 1952 s.49(1)",
    "unlawfully_at_large": "Prison Act 1952 s.49(1)",
}
_COURT_OR_PRISON = Weighted(counted("arrested 72, surrendered 17, withdrawn 10, deceased 1"))
_POLICE = Weighted(
    counted(
        """arrested 74, surrendered 14, no_longer_wanted 7, charged_elsewhere 3.5, deceased 0.5,
        entered_in_error 1"""
    )
)
_NAMED = Weighted(
    counted(
        """arrested 55, interviewed 25, no_longer_wanted 9, charged_elsewhere 5, surrendered 3,
        withdrawn 1, deceased 0.5, entered_in_error 1.5"""
    )
)
OUTCOMES = {
    "named_suspect": _NAMED,
    "failed_to_answer_bail": _POLICE,
    "court_warrant": _COURT_OR_PRISON,
    "breach_of_order": _POLICE,
    "breach_of_bail": _POLICE,
    "prison_recall": _COURT_OR_PRISON,
    "unlawfully_at_large": _COURT_OR_PRISON,
}
BASES = Weighted(counted("witness 42, cctv 21, forensic 14, intelligence 10, admission 4, other 9"))
# By severity; together with the offences above about 4, 16, 40 and 40 in a hundred.
RISKS = {
    1: Weighted(counted("high 2, medium 25, standard 73")),
    2: Weighted(counted("high 6, medium 46, standard 48")),
    3: Weighted(counted("very_high 3, high 22, medium 50, standard 25")),
    4: Weighted(counted("very_high 24, high 46, medium 25, standard 5")),
}
MOST_SEVERE = 4
RISK_RATIONALES = {
    "very_high": (
        "Serious violence with threats to kill the victim, whose address is known to the suspect.",
        "Escalating violence with a weapon; two attempts to evade arrest.",
        "Grave sexual offence; contact with children while at large.",
    ),
    "high": (
        "Previous violence against the same victim; children in the household.",
        "Injury caused with a weapon; further offences likely while at large.",
        "Repeat offender with violent antecedents and no settled address.",
    ),
    "medium": (
        "Offending is frequent but no injury is recorded.",
        "Known associates make further offences likely.",
        "Some history of failing to attend; no threat to a named person.",
    ),
    "standard": (
        "No known threat to any person; acquisitive offence of low value.",
        "First offence of its kind; settled address.",
        "No aggravating feature known to the investigation.",
    ),
}
COURTS = Weighted(counted("Magistrates' Court 82, Crown Court 18"))
WARRANT_CATEGORIES = {"very_high": "A", "high": "A", "medium": "B", "standard": "C"}
TEAMS = {
    "named_suspect": ("FIU", "PIT-CITY", "PIT-COUNTY", "RESPONSE-A", "RESPONSE-C", "NPA-CENTRAL"),
    "failed_to_answer_bail": ("BAIL", "PIT-CITY", "PIT-COUNTY"),
    "court_warrant": ("WARRANTS", "RESPONSE-B", "NPA-EAST"),
    "breach_of_order": ("MOSOVO", "NPA-CENTRAL"),
    "breach_of_bail": ("BAIL", "WARRANTS"),
    "prison_recall": ("IOM", "WARRANTS"),
    "unlawfully_at_large": ("WARRANTS",),
}
DOMESTIC_ABUSE_TEAM = "DAIU"

CIRCULATED_SHARES = {
    "named_suspect": 0.4,
    "failed_to_answer_bail": 0.7,
    "court_warrant": 0.75,
    "breach_of_order": 0.5,
    "breach_of_bail": 0.7,
    "prison_recall": 0.95,
    "unlawfully_at_large": 1.0,
}
ACTIVITIES = Weighted(counted("attempt 52, enquiry 30, review 18"))
ATTEMPT_RESULTS = Weighted(
    counted("no_reply 46, not_at_address 26, moved_away 16, made_off 5, access_refused 7")
)
ATTEMPT_PLACES = Weighted(
    counted("Home address 55, Partner's address 15, Parent's address 18, Place of work 12")
)
ENQUIRIES = (
    "Checked custody, prison and hospital records; not there.",
    "Spoke to the landlord; the tenancy ended and no forwarding address was left.",
    "Benefit and council tax enquiry sent.",
    "Intelligence search: seen in the last month with a known associate.",
    "Rang the last known number; it is not in use.",
)
REVIEWS = (
    "Risk and owner confirmed; two attempts to be made this week at different times of day.",
    "Enquiries are proportionate; check the partner's address next.",
    "No progress since the last review; put to the daily meeting.",
)
VALIDATION = "Person, offence and power checked against the crime file; still wanted."
