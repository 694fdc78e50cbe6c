"""Native scripts to Latin letters, as passports and newspapers write them; the rest by the package anyascii.

Arabic and Hebrew are not here: they write no short vowels, so `own_names.py` lists pairs instead.
"""

import re
import unicodedata
from functools import partial

from anyascii import anyascii


def _table(text):
    return dict(pair.split("=") for pair in text.split())


_CYRILLIC = _table(
    "а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch "
    "ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=i є=ie ґ=g ѓ=gj ѕ=dz ј=j љ=lj њ=nj ќ=kj џ=dzh ђ=dj ћ=c "
    "ә=a ғ=g қ=k ң=n ө=o ұ=u ү=u һ=h"
)

# Per language: what differs from the common table, and what differs at the start of a word.
_LANGUAGES = {
    "ru": ({}, {}),
    "kk": ({}, {}),
    # Law on transliteration, State Gazette 2009.
    "bg": (_table("х=h щ=sht ъ=a ь=y"), {}),
    "mk": (_table("х=h ж=zh ц=c"), {}),
    # Cabinet of Ministers, resolution 55 of 2010.
    "uk": (_table("г=h и=y й=i ю=iu я=ia"), _table("й=y ю=yu я=ya ї=yi є=ye")),
}

# ELOT 743, pairs before single letters.
_GREEK_PAIRS = {"αυ": "av", "ευ": "ev", "ου": "ou", "γγ": "ng", "γξ": "nx", "γχ": "nch", "μπ": "mp"}
_GREEK = _table(
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
)

_ARMENIAN = _table(
    "ա=a բ=b գ=g դ=d ե=e զ=z է=e ը=y թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=gh ճ=ch մ=m յ=y ն=n շ=sh ո=o չ=ch "
    "պ=p ջ=j ռ=r ս=s վ=v տ=t ր=r ց=ts ւ=v փ=p ք=k օ=o ֆ=f և=ev"
)

# The national system of 2002, its apostrophes left out.
_GEORGIAN = _table(
    "ა=a ბ=b გ=g დ=d ე=e ვ=v ზ=z თ=t ი=i კ=k ლ=l მ=m ნ=n ო=o პ=p ჟ=zh რ=r ს=s ტ=t უ=u ფ=p ქ=k ღ=gh ყ=q შ=sh ჩ=ch "
    "ც=ts ძ=dz წ=ts ჭ=ch ხ=kh ჯ=j ჰ=h"
)

# Revised Romanization of Korean, syllable by syllable as names are written.
_INITIALS = "g kk n d tt r m b pp s ss  j jj ch k t p h".split(" ")
_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()
_FINALS = " k k ks n nj nh t l lk lm lb ls lt lp lh m p ps t t ng t t k t p t".split(" ")
# Surnames keep the spelling of tradition.
_KOREAN_SURNAMES = _table(
    "김=Kim 이=Lee 박=Park 정=Jung 최=Choi 조=Cho 강=Kang 윤=Yoon 장=Jang 임=Lim 한=Han 오=Oh 서=Seo 신=Shin 권=Kwon "
    "황=Hwang 안=Ahn 송=Song 류=Ryu 전=Jeon 홍=Hong 고=Ko 문=Moon 양=Yang 손=Son 배=Bae 백=Baek 허=Heo 유=Yoo 남=Nam "
    "심=Shim 노=Noh 하=Ha 곽=Kwak 성=Sung 차=Cha 주=Joo 우=Woo 구=Koo 나=Na 민=Min 진=Jin 지=Ji 엄=Um"
)

# Surnames that are read in another way than the character alone.
_CHINESE_SURNAMES = _table("曾=Zeng 单=Shan 單=Shan 解=Xie 仇=Qiu 查=Zha 朴=Piao 区=Ou 盖=Ge 尉=Wei 缪=Miao 覃=Qin 吕=Lyu 呂=Lyu")


def _capital(text):
    return text[:1].upper() + text[1:]


def cyrillic(word, language):
    """A Russian, Kazakh, Bulgarian, Macedonian or Ukrainian name."""
    inside, initial = _LANGUAGES[language]
    letters = word.lower()
    if language == "uk":
        letters = letters.replace("зг", "zgh")
    latin = ""
    for position, letter in enumerate(letters):
        starts = position == 0 or letters[position - 1] in "- "
        latin += initial.get(letter) if starts and letter in initial else inside.get(letter, _CYRILLIC.get(letter, letter))
    # Bulgarian -ия and Russian -ий, -ый end as -ia and -y.
    if language == "bg":
        latin = re.sub(r"iya$", "ia", latin)
    if language in ("ru", "kk"):
        latin = re.sub(r"[iy]y$", "y", latin)
    return "-".join(_capital(part) for part in latin.split("-"))


def greek(word):
    """A Greek name; a diaeresis keeps two vowels apart."""
    letters = unicodedata.normalize("NFD", word.lower())
    letters = letters.replace("\u0301", "")
    latin, position = "", 0
    letters = re.sub("(.)\u0308", lambda match: {"ι": "i", "υ": "y"}.get(match[1], match[1]), letters)
    while position < len(letters):
        pair = letters[position:position + 2]
        if pair == "μπ" and position == 0:
            latin, position = latin + "b", position + 2
        elif pair in _GREEK_PAIRS:
            sound = _GREEK_PAIRS[pair]
            # Before voiceless consonants and at the end, αυ and ευ sound as af and ef.
            if pair in ("αυ", "ευ") and letters[position + 2:position + 3] in ("", *"θκξπσςτφχψ"):
                sound = sound[0] + "f"
            latin, position = latin + sound, position + 2
        else:
            latin, position = latin + _GREEK.get(letters[position], letters[position]), position + 1
    return "-".join(_capital(part) for part in latin.split("-"))


def armenian(word):
    """An Armenian name."""
    letters = word.lower().replace("ու", "u")
    if letters.startswith("ո"):
        letters = "vo" + letters[1:]
    if letters.startswith("ե"):
        letters = "ye" + letters[1:]
    return _capital("".join(_ARMENIAN.get(letter, letter) for letter in letters))


def georgian(word):
    """A Georgian name."""
    return _capital("".join(_GEORGIAN.get(letter, letter) for letter in word))


def korean(word):
    """A Korean given name."""
    latin = ""
    for letter in word:
        syllable = ord(letter) - 0xAC00
        initial, rest = divmod(syllable, 21 * 28)
        vowel, final = divmod(rest, 28)
        latin += _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final]
    return _capital(latin)


def korean_surname(word):
    """A Korean surname."""
    return _KOREAN_SURNAMES.get(word) or korean(word)


def chinese(word):
    """A Chinese given name in pinyin without tones."""
    return _capital(anyascii(word).lower())


def chinese_surname(word):
    """A Chinese surname in pinyin without tones."""
    return _CHINESE_SURNAMES.get(word) or chinese(word)


# Script language -> how given names and surnames become Latin.
SYSTEMS = {
    **{language: (partial(cyrillic, language=language),) * 2 for language in _LANGUAGES},
    "el": (greek, greek),
    "hy": (armenian, armenian),
    "ka": (georgian, georgian),
    "ko": (korean, korean_surname),
    "zh": (chinese, chinese_surname),
}
