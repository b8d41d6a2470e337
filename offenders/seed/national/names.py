"""The communities of the whole nation: those of a force, and names that a force has few of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed import communities as local
from offenders.seed.communities import community
from offenders.seed.names import (
    BRITISH_ERAS,
    BRITISH_FEMALE,
    BRITISH_MALE,
    BRITISH_SURNAMES,
    Community,
)
from offenders.seed.weighted import Weighted, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCOTTISH_AND_IRISH = counted(
    """McDonald 9, MacDonald 8, McKenzie 6, MacKenzie 5, McLean 5, MacLeod 5, McLeod 4,
    McGregor 4, MacGregor 3, McIntyre 4, McIntosh 3, McKay 4, MacKay 4, McMillan 4,
    McFarlane 3, McPherson 3, McGrath 5, McCann 5, McLaughlin 5, McDermott 4, McNally 4,
    McMahon 5, McGuire 4, Maguire 4, McKenna 5, McCabe 4, McKeown 3, McGee 4, McAllister 3,
    McArthur 2, McCormack 4, McCormick 4, McGovern 3, McManus 4, McNamara 4, McNulty 3,
    McCullough 3, McIlroy 1, McEvoy 2, McGowan 4, Mac Carthy 1, O'Brien 12, O'Connor 10,
    O'Neill 9, O'Reilly 6, O'Sullivan 7, O'Donnell 7, O'Hara 4, O'Keefe 4, O'Leary 4,
    O'Rourke 4, O'Shea 4, O'Toole 3, O'Malley 2, O'Dowd 2, O'Grady 2, O'Callaghan 3,
    O'Gorman 2, Fitzgerald 6, Fitzpatrick 5, Gallagher 8, Kennedy 10, Sullivan 6, Donnelly 5,
    Duffy 8, Quinn 8, Doyle 8, Nolan 7, Brennan 6, Cunningham 9, Robertson 9, Ferguson 9,
    Henderson 9, Thomson 8, Anderson 22, Johnston 10, Sinclair 5, Drummond 3, Buchanan 3,
    Cameron 7, Douglas 7, Duncan 7, Fraser 8, Gordon 8, Kerr 8, Paterson 6, Patterson 8,
    Wallace 9"""
)
_WELSH = counted(
    """Rees 14, Lloyd 12, Owen 12, Jenkins 13, Howells 7, Powell 8, Pritchard 7, Vaughan 6,
    Bowen 6, Llewellyn 4, Parry 8, Prosser 4, Pugh 5, Gwynne 1, Probert 3, Meredith 3,
    Beynon 2, ap Rhys 1, Protheroe 1, Bevan 5, Hopkins 8, Humphreys 5, Watkins 8, Morgans 1,
    Thomas 33, Davies 45, Jones 60, Williams 45, Evans 40, Griffiths 14, Hughes 20,
    Roberts 20, Morris 12"""
)
_JOINED = counted(
    """de Souza 1, De Silva 3, de la Cruz 1, De Vries 1, van Dijk 1, Van den Berg 1,
    van der Merwe 2, Van Rooyen 1, Le Roux 1, Le Fevre 1, St John 1, Di Marco 1,
    Della Valle 1, D'Arcy 1, Du Plessis 1, Barton-Wright 1, Carter-Moss 1, Hall-Green 1,
    Turner-Bell 1, Webb-Harris 1, Fox-Hunter 1, Kent-Taylor 1, Lloyd-Jones 2,
    Wynne-Williams 1, Owen-Rees 1, Ross-Smith 1, Ellison 3, Nicholson 9, Atkinson 12,
    Dawson 11, Hodgson 9, Armstrong 10, Metcalfe 5, Sykes 5, Ramsden 3, Hargreaves 6,
    Entwistle 3, Ainsworth 3, Pickering 4, Featherstone 2, Trelawney 1, Penhaligon 1,
    Tregenza 1, Pascoe 3, Nance 1, Fairbairn 1, Charlton 4, Robson 9, Elliott 12, Dodds 4,
    Heslop 2, Blenkinsop 1, Ogden 4, Barraclough 2, Sutcliffe 5, Greenwood 7"""
)


def _british(surnames: list[tuple[str, float]], nationalities: str, ethnicity: str) -> Community:
    return Community(
        Weighted(surnames),
        BRITISH_MALE,
        BRITISH_FEMALE,
        Weighted(counted(nationalities)),
        Weighted(counted(ethnicity)),
        0.5,
        BRITISH_ERAS,
    )


# What the list of a force bears of each surname; its sums are turned back into weights.
_LISTED = [
    (name, after - before)
    for name, after, before in zip(
        BRITISH_SURNAMES.values,
        BRITISH_SURNAMES.sums,
        (0.0, *BRITISH_SURNAMES.sums[:-1]),
        strict=True,
    )
]
BRITISH = _british(
    [*_LISTED, *_SCOTTISH_AND_IRISH, *_JOINED],
    "GBR 985, GBR+IRL 5, GBR+USA 1, GBR+AUS 2",
    "W1/1 930, NS/1 40, W9/1 30",
)
WELSH = _british([*_WELSH, *_JOINED], "GBR 99, GBR+IRL 1", "W1/1 96, NS/1 4")
NIGERIAN = community(
    """Okafor 18, Okonkwo 16, Adeyemi 20, Adebayo 20, Ogunleye 12, Ogunbanjo 6, Olawale 12,
    Olusegun 8, Balogun 16, Bello 14, Eze 16, Nwosu 14, Chukwu 14, Obi 12, Okeke 14,
    Onyekachi 6, Igwe 8, Uzoma 6, Afolabi 14, Akinwande 8, Ayodele 8, Bamgbose 4, Fashola 6,
    Lawal 10, Musa 12, Abubakar 12, Danjuma 6, Oluwaseun 6, Babatunde 8, Ojo 12, Oyelaran 4,
    Adesanya 8, Alabi 8""",
    """Chukwuemeka, Oluwaseun, Emeka, Tunde, Babatunde, Ifeanyi, Chinedu, Olumide, Femi, Segun,
    Kunle, Obinna, Uche, Ikenna, Ayodeji, Adebayo, Kayode, Musa, Abubakar, Samuel, Emmanuel,
    David""",
    """Ngozi, Chioma, Folake, Yetunde, Funmilayo, Adaeze, Ifeoma, Bukola, Titilayo, Amaka,
    Blessing, Aisha, Halima, Grace""",
    "GBR 55, NGA 32, GBR+NGA 12, IRL 1",
    "B2/3 95, NS/3 5",
    (0.55, "", ""),
)
ARABIC = community(
    """Al-Hassan 8, Al-Masri 8, Al-Rashid 6, Al-Sayed 6, El-Amin 5, El-Khoury 3, Ben Ali 4,
    Bin Saleh 2, Abdullah 16, Abdel-Rahman 6, Mahmoud 14, Mansour 12, Nasser 12, Haddad 10,
    Khalil 12, Saad 10, Hamdi 8, Aziz 10, Farouk 8, Ibrahim 16, Osman 14, Suleiman 10,
    Taha 8, Yousef 12, Zaki 6""",
    """Mohammed, Ahmed, Mahmoud, Omar, Khaled, Youssef, Hassan, Hussein, Mustafa, Karim, Tarek,
    Samir, Abdul Rahman, Abdullah, Bilal, Walid, Ziad, Nabil""",
    "Fatima, Layla, Maryam, Noor, Huda, Rania, Salma, Zainab, Amal, Dina",
    "GBR 40, IRQ 14, SYR 14, EGY 8, SDN 8, DZA 6, MAR 5, YEM 5",
    "O2/6 88, O9/6 8, NS/6 4",
    (0.4, "", ""),
)
CHINESE = community(
    """Wang 22, Li 22, Zhang 20, Chen 24, Liu 16, Huang 12, Wu 12, Lin 16, Wong 18, Chan 18,
    Cheung 12, Lam 12, Leung 10, Ng 12, Ho 10, Lau 10, Yip 6, Tang 8, Xu 8, Zhou 8, Zhao 8,
    Ouyang 1""",
    """Wei, Jun, Ming, Jian, Hao, Xiaoming, Chi Wai, Ka Ming, Wai Lun, Siu Fung, Zhiqiang,
    Guoqiang, Lei, Jason, Kevin, Raymond, Alan""",
    "Mei, Xiu Ying, Yan, Li Na, Ka Yan, Wing Sze, Siu Ling, Fang, Jing, Amy, Grace",
    "GBR 45, CHN 42, HKG 8, MYS 5",
    "A4/5 95, NS/5 5",
    (0.1, "", ""),
)
VIETNAMESE = community(
    """Nguyen 38, Tran 12, Le 10, Pham 8, Hoang 6, Huynh 5, Phan 5, Vu 5, Vo 4, Dang 4, Bui 4,
    Do 4, Ngo 3, Duong 2, Ly 1""",
    """Van Minh, Van Tuan, Duc Anh, Quang Huy, Van Hung, Van Duc, Hai Dang, Thanh Tung, Van Nam,
    Minh""",
    "Thi Lan, Thi Hoa, Thi Mai, Thi Thu, Thi Huong, Thi Linh, Ngoc Anh",
    "VNM 82, GBR 18",
    "A9/5 92, NS/5 8",
)
TAMIL = community(
    """Sivakumar 8, Rajaratnam 6, Selvarajah 6, Kandasamy 6, Nadarajah 5, Thavarajah 5,
    Balasubramaniam 3, Krishnamurthy 4, Subramaniam 5, Ramachandran 4, Venkatesh 3,
    Sivapalan 3, Perera 8, Fernando 8, Silva 6, Jayawardena 4, Wickramasinghe 3, Ranasinghe 3""",
    """Suresh, Ramesh, Kumar, Siva, Mohan, Prakash, Rajan, Selvan, Thusan, Nimal, Dinesh,
    Aravind, Kirubakaran""",
    "Priya, Lakshmi, Thusha, Nimali, Shanthi, Meena, Kavitha, Dilani",
    "GBR 66, LKA 24, IND 10",
    "A9/4 80, A1/4 16, NS/4 4",
    (0.2, "", ""),
)
TURKISH = community(
    """Yilmaz 14, Kaya 12, Demir 12, Şahin 10, Çelik 10, Yıldız 9, Özdemir 8, Arslan 8, Doğan 8,
    Kılıç 6, Aydın 6, Öztürk 8, Ahmet 6, Mehmet 8, Hasan 6, Ali 6, Güneş 4""",  # noqa: RUF001 - so
    "Mehmet, Mustafa, Ahmet, Ali, Hüseyin, Hasan, İbrahim, Murat, Ömer, Yusuf, Serkan, Emre, Cem",
    "Fatma, Ayşe, Emine, Zeynep, Elif, Hatice, Meryem, Özlem",
    "GBR 62, TUR 32, GBR+TUR 4, CYP 2",
    "W9/2 70, O9/6 26, NS/2 4",
)
PAKISTANI = community(
    """Khan 60, Hussain 55, Ahmed 40, Ali 40, Mahmood 30, Iqbal 26, Malik 24, Akhtar 20,
    Shah 20, Mirza 12, Qureshi 12, Butt 12, Raja 12, Chaudhry 14, Bhatti 12, Sheikh 12,
    Rafiq 10, Aslam 12, Zaman 10, Bashir 10, Siddiqui 8, Ul-Haq 4, ur Rehman 4, Begum 6,
    Bibi 6""",
    """Mohammed, Muhammad, Mohammad, Imran, Usman, Bilal, Hamza, Asif, Tariq, Zeeshan, Adeel,
    Kashif, Waqar, Shahid, Nadeem, Faisal, Rizwan, Haroon, Abdul, Amjad, Arshad""",
    """Ayesha, Saima, Nadia, Sana, Farah, Nazia, Rubina, Shabnam, Zara, Iqra, Kiran, Sadia,
    Tasneem""",
    "GBR 86, PAK 11, GBR+PAK 3",
    "A2/4 94, NS/4 6",
    (0.45, "", ""),
)

COMMUNITIES: Mapping[str, Community] = {
    "british": BRITISH,
    "welsh": WELSH,
    "mixed": local.MIXED,
    "gujarati": local.GUJARATI,
    "muslim": local.MUSLIM,
    "pakistani": PAKISTANI,
    "sikh": local.SIKH,
    "tamil": TAMIL,
    "caribbean": local.CARIBBEAN,
    "somali": local.SOMALI,
    "african": local.AFRICAN,
    "nigerian": NIGERIAN,
    "polish": local.POLISH,
    "romanian": local.ROMANIAN,
    "portuguese": local.PORTUGUESE,
    "irish": local.IRISH,
    "baltic": local.BALTIC,
    "albanian": local.ALBANIAN,
    "arabic": ARABIC,
    "turkish": TURKISH,
    "middle_eastern": local.MIDDLE_EASTERN,
    "chinese": CHINESE,
    "vietnamese": VIETNAMESE,
}
# How many in a thousand people on record belong to each community.
MIXES = {
    name: Weighted(counted(shares))
    for name, shares in {
        "elsewhere": """british 745, welsh 8, mixed 38, gujarati 8, muslim 26, pakistani 22, sikh 8,
            tamil 3, caribbean 22, somali 6, african 12, nigerian 6, polish 26, romanian 28,
            portuguese 6, irish 14, baltic 10, albanian 7, arabic 6, turkish 4,
            middle_eastern 10, chinese 3, vietnamese 3""",
        "cities": """british 570, welsh 4, mixed 50, gujarati 22, muslim 60, pakistani 80, sikh 26,
            tamil 4, caribbean 42, somali 14, african 24, nigerian 12, polish 26, romanian 30,
            portuguese 5, irish 18, baltic 7, albanian 9, arabic 12, turkish 4,
            middle_eastern 16, chinese 4, vietnamese 5""",
        "london": """british 370, welsh 3, mixed 78, gujarati 18, muslim 70, pakistani 26, sikh 18,
            tamil 14, caribbean 110, somali 34, african 42, nigerian 50, polish 24, romanian 46,
            portuguese 14, irish 22, baltic 9, albanian 22, arabic 20, turkish 24,
            middle_eastern 24, chinese 6, vietnamese 6""",
        "wales": """british 470, welsh 380, mixed 26, gujarati 3, muslim 14, pakistani 10, sikh 2,
            tamil 2, caribbean 8, somali 8, african 8, nigerian 4, polish 18, romanian 14,
            portuguese 5, irish 12, baltic 4, albanian 4, arabic 5, turkish 2,
            middle_eastern 6, chinese 2, vietnamese 2""",
        "leicestershire": """british 575, welsh 3, mixed 40, gujarati 80, muslim 70, pakistani 10,
            sikh 26, tamil 4, caribbean 42, somali 22, african 20, nigerian 5, polish 34,
            romanian 28, portuguese 10, irish 14, baltic 8, albanian 6, arabic 5, turkish 2,
            middle_eastern 12, chinese 2, vietnamese 3""",
    }.items()
}
_MIX_OF = {
    "london": ("01", "48"),
    "cities": ("06", "13", "14", "20", "31", "40"),
    "wales": ("60", "61", "62", "63"),
    "leicestershire": ("33",),
}


def mix_of(force: str) -> str:
    """Name the mix of communities of a force."""
    return next((name for name, forces in _MIX_OF.items() if force in forces), "elsewhere")
