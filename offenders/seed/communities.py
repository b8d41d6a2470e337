"""The communities of a force: their names, nationalities and ethnicities."""

from __future__ import annotations

from offenders.seed.names import (
    BRITISH_ERAS,
    BRITISH_FEMALE,
    BRITISH_MALE,
    BRITISH_SURNAMES,
    Community,
)
from offenders.seed.weighted import Weighted, counted, ranked


def community(  # noqa: PLR0913, PLR0917 - one row of the table below, each column once
    surnames: str,
    male: str,
    female: str,
    nationalities: str,
    ethnicity: str,
    second: tuple[float, str, str] = (0.0, "", ""),
) -> Community:
    """Read a community; `second` is how often there is a second given name, and the usual ones."""
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
GUJARATI = community(
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
MUSLIM = community(
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
SIKH = community(
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
CARIBBEAN = community(
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
SOMALI = community(
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
AFRICAN = community(
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
POLISH = community(
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
ROMANIAN = community(
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
PORTUGUESE = community(
    """Silva 40, Santos 30, Fernandes 30, Ferreira 22, Pereira 22, Da Silva 14, Dias 20, Costa 18,
    D'Souza 15, Rodrigues 20, Gomes 18, Martins 14, Lopes 14, Mendes 10, De Sousa 8, Pinto 8""",
    """João, José, António, Paulo, Carlos, Pedro, Miguel, Ricardo, Luís, Nuno, Bruno, Tiago,
    Rui, Nelson, Savio, Melvin, Agnelo""",
    "Maria, Ana, Sandra, Carla, Sónia, Patrícia, Fátima, Inês, Catarina, Célia",
    "PRT 82, GBR 6, BRA 5, PRT+IND 7",
    "W9/2 60, A9/4 20, B9/3 14, NS/2 6",
    (0.4, "", ""),
)
IRISH = community(
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
BALTIC = community(
    """Kazlauskas 20, Petrauskas 16, Jankauskas 15, Stankevičius 14, Vasiliauskas 12, Žukauskas 12,
    Butkus 10, Urbonas 8, Bērziņš 12, Kalniņš 10, Ozols 9, Ivanovs 10, Liepa 8, Balodis 6""",
    """Tomas, Mantas, Andrius, Darius, Mindaugas, Gintaras, Vytautas, Marius, Rokas, Edgars,
    Artūrs, Aleksandrs, Juris, Andris, Lukas""",
    "Inga, Rasa, Kristina, Jurgita, Laura, Edita, Ilze, Inese, Agnese, Viktorija",
    "LTU 62, LVA 33, GBR 5",
    "W9/1 97, NS/1 3",
)
ALBANIAN = community(
    """Hoxha 20, Shehu 14, Gjoka 10, Kola 10, Marku 10, Prifti 8, Dervishi 8, Leka 8, Cela 8,
    Hysa 8, Lika 6, Ndoj 6, Tafa 5, Bardhi 5""",
    """Arben, Ardit, Klajdi, Endri, Ergys, Florian, Gentian, Ilir, Kristian, Mario, Besnik,
    Aleksandër, Dritan, Xhulio""",
    "Elona, Mirela, Anisa, Eda, Valbona",
    "ALB 94, GBR 3, ITA 3",
    "W9/2 95, NS/2 5",
)
MIDDLE_EASTERN = community(
    """Ahmed 30, Mohammed 30, Hassan 24, Hussein 24, Karim 15, Rashid 12, Saleh 10, Ahmadi 12,
    Rezaei 8, Hosseini 8, Mohammadi 12, Safi 8, Stanekzai 5, Al-Jaberi 3, Aziz 12, Haji 6""",
    """Mohammed, Ahmed, Ali, Hassan, Karwan, Rebin, Omar, Mustafa, Ibrahim, Reza, Amir, Farhad,
    Najib, Hamid, Shwan, Saman, Idris, Khaled""",
    "Zahra, Fatima, Shirin, Leila, Maryam, Nasrin",
    "IRQ 28, IRN 17, AFG 20, SDN 8, SYR 7, ERI 5, GBR 15",
    "O9/6 55, O2/6 35, A9/4 6, NS/6 4",
    (0.25, "", ""),
)
EAST_ASIAN = community(
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
