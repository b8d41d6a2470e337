"""Streets, districts and towns from which made-up addresses are put together."""

from __future__ import annotations

from offenders.seed.weighted import Weighted, counted, words

_STREET_STEMS = words(
    """Alder Aster Bracken Bram Brindle Cald Candle Comfrey Cop Corn Curlew Dapple Ember
    Fallow Fenn Finch Gable Garnet Gorse Hather Heron Ivel Kestrel Lark Linnet Lock Marl Meadow Mill
    Moor Orchard Pear Pippin Quarry Quill Rowan Saffron Sedge Sorrel Spindle Tansy Teasel Thistle
    Vetch Weaver Willow Wren Yarrow"""
)
_STREET_ENDINGS = words(
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
