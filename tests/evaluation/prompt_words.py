"""Words of the evaluation's prompts, written by hand and without a look at the reader's tables: styles, players, lengths, keys."""

# ruff: noqa: E501  tables of words

from dataclasses import dataclass


@dataclass(frozen=True)
class StyleWords:
    """What people call a style, where its tempo lies, whom they ask for and whom they refuse."""

    names: tuple[str, str, str]
    """Three English names."""
    es: str
    de: str
    fr: str
    pt: str
    zh: str
    ja: str
    typo: str
    tempo: tuple[int, int]
    minor: bool
    wants: tuple[str, ...]
    refuses: tuple[str, ...]
    other: str
    """A style to mix with (id)."""


def _style(names: str, foreign: str, typo: str, tempo: tuple[int, int], mode: str, wants: str, refuses: str, other: str) -> StyleWords:
    one, two, three = names.split("|")
    es, de, fr, pt, zh, ja = foreign.split("|")
    return StyleWords(
        (one, two, three), es, de, fr, pt, zh, ja, typo, tempo, mode == "minor", tuple(wants.split()), tuple(refuses.split()), other
    )


STYLES: dict[str, StyleWords] = {
    "pop": _style("pop|pop song|radio pop", "pop|Pop|pop|pop|流行|ポップ", "pop musc", (96, 124), "major", "acoustic_piano electric_guitar synthesizer", "saxophone violin", "disco"),
    "rock": _style("rock|hard rock|classic rock", "rock|Rock|rock|rock|摇滚|ロック", "hard rokc", (104, 150), "minor", "electric_guitar organ acoustic_piano", "synthesizer saxophone", "electronic"),
    "classical": _style("classical|chamber music|classical music", "música clásica|klassische Musik|musique classique|música clássica|古典音乐|クラシック", "clasical music", (72, 116), "minor", "violin cello flute", "drums electric_guitar", "ambient"),
    "jazz": _style("jazz|swing jazz|bebop", "jazz|Jazz|jazz|jazz|爵士|ジャズ", "jaz", (112, 180), "major", "saxophone trumpet acoustic_piano", "synthesizer electric_guitar", "funk"),
    "electronic": _style("electronic|electronica|EDM", "electrónica|elektronische Musik|musique électronique|música eletrônica|电子音乐|エレクトロニック", "electornic", (112, 134), "minor", "synthesizer pad_synth pluck_synth", "acoustic_guitar saxophone", "classical"),
    "folk": _style("folk|acoustic folk|folk song", "folk|Folk|folk|folk|民谣|フォーク", "folkk", (84, 120), "major", "acoustic_guitar violin flute", "drums synthesizer", "country"),
    "blues": _style("blues|chicago blues|slow blues", "blues|Blues|blues|blues|蓝调|ブルース", "bluse", (68, 116), "major", "electric_guitar acoustic_piano saxophone", "synthesizer violin", "rock"),
    "country": _style("country|country music|nashville country", "country|Country|country|country|乡村音乐|カントリー", "contry music", (92, 132), "major", "acoustic_guitar violin acoustic_piano", "synthesizer saxophone", "rock"),
    "reggae": _style("reggae|roots reggae|reggae music", "reggae|Reggae|reggae|reggae|雷鬼|レゲエ", "regae", (68, 86), "minor", "organ electric_guitar trumpet", "violin synthesizer", "jazz"),
    "funk": _style("funk|funk music|p-funk", "funk|Funk|funk|funk|放克|ファンク", "funck", (94, 114), "minor", "electric_guitar saxophone trumpet", "violin flute", "jazz"),
    "house": _style("house|deep house|house music", "house|House|house|house|浩室|ハウス", "deep hosue", (118, 128), "minor", "acoustic_piano synthesizer pad_synth", "electric_guitar saxophone", "jazz"),
    "techno": _style("techno|minimal techno|techno music", "techno|Techno|techno|techno|铁克诺|テクノ", "tehcno", (126, 140), "minor", "synthesizer pad_synth percussion", "acoustic_piano acoustic_guitar", "ambient"),
    "trance": _style("trance|uplifting trance|trance music", "trance|Trance|trance|trance|迷幻舞曲|トランス", "uplifting tranc", (130, 142), "minor", "synthesizer pluck_synth pad_synth", "acoustic_guitar saxophone", "classical"),
    "dubstep": _style("dubstep|brostep|dubstep music", "dubstep|Dubstep|dubstep|dubstep|回响贝斯|ダブステップ", "dubstpe", (138, 146), "minor", "synthesizer pad_synth violin", "acoustic_guitar saxophone", "classical"),
    "drum_and_bass": _style("drum and bass|dnb|liquid drum and bass", "drum and bass|Drum and Bass|drum and bass|drum and bass|鼓打贝斯|ドラムンベース", "drum n bas", (168, 178), "minor", "pad_synth electric_piano synthesizer", "acoustic_guitar saxophone", "jazz"),
    "lofi_hip_hop": _style("lo-fi hip hop|lofi|chillhop", "lo-fi hip hop|Lo-Fi Hip-Hop|lo-fi hip hop|lo-fi hip hop|低保真嘻哈|ローファイヒップホップ", "lofi hip hpo", (70, 88), "minor", "electric_piano acoustic_guitar flute", "trumpet violin", "bossa_nova"),
    "trap": _style("trap|trap beat|dark trap", "trap|Trap|trap|trap|陷阱音乐|トラップ", "trapp beat", (130, 150), "minor", "pluck_synth pad_synth flute", "acoustic_guitar saxophone", "cinematic"),
    "boom_bap": _style("boom bap|old school hip hop|boom bap hip hop", "boom bap|Boom Bap|boom bap|boom bap|嘻哈|ヒップホップ", "boom bap hiphop", (84, 98), "minor", "electric_piano trumpet electric_guitar", "violin synthesizer", "jazz"),
    "rnb_soul": _style("R&B|neo soul|soul", "soul|Soul|soul|soul|节奏蓝调|ソウル", "neo sool", (66, 96), "minor", "electric_piano electric_guitar organ", "violin trumpet", "funk"),
    "ambient": _style("ambient|ambient music|ambient soundscape", "ambient|Ambient|ambient|ambient|氛围音乐|アンビエント", "ambeint", (56, 84), "major", "pad_synth acoustic_piano cello", "drums electric_guitar", "techno"),
    "synthwave": _style("synthwave|retrowave|outrun synthwave", "synthwave|Synthwave|synthwave|synthwave|合成器浪潮|シンセウェーブ", "synthwav", (88, 118), "minor", "synthesizer pad_synth electric_guitar", "acoustic_piano trumpet", "metal"),
    "indie_rock": _style("indie rock|indie|jangly indie rock", "indie rock|Indie-Rock|rock indé|indie rock|独立摇滚|インディーロック", "indei rock", (108, 150), "major", "electric_guitar synthesizer acoustic_piano", "saxophone trumpet", "electronic"),
    "metal": _style("metal|heavy metal|thrash metal", "metal|Metal|metal|metal|金属乐|ヘヴィメタル", "heavy metla", (120, 190), "minor", "electric_guitar string_ensemble choir", "saxophone flute", "classical"),
    "punk": _style("punk|punk rock|pop punk", "punk|Punk|punk|punk|朋克|パンク", "pnuk rock", (160, 200), "major", "electric_guitar organ acoustic_piano", "synthesizer violin", "ska"),
    "disco": _style("disco|nu-disco|70s disco", "disco|Disco|disco|disco|迪斯科|ディスコ", "dsico", (110, 124), "minor", "electric_guitar string_ensemble electric_piano", "acoustic_guitar flute", "house"),
    "bossa_nova": _style("bossa nova|bossa|bossanova", "bossa nova|Bossa Nova|bossa nova|bossa nova|波萨诺瓦|ボサノバ", "bosa nova", (116, 146), "major", "acoustic_guitar flute acoustic_piano", "synthesizer electric_guitar", "electronic"),
    "salsa": _style("salsa|salsa music|salsa dura", "salsa|Salsa|salsa|salsa|萨尔萨|サルサ", "slasa", (168, 204), "minor", "acoustic_piano trumpet trombone", "electric_guitar synthesizer", "jazz"),
    "afrobeat": _style("afrobeat|afrobeats|afropop", "afrobeat|Afrobeat|afrobeat|afrobeat|非洲节拍|アフロビート", "afrobaet", (98, 120), "minor", "electric_guitar saxophone organ", "violin synthesizer", "funk"),
    "gospel": _style("gospel|gospel music|black gospel", "góspel|Gospel|gospel|gospel|福音音乐|ゴスペル", "gosple", (72, 120), "major", "organ choir acoustic_piano", "synthesizer saxophone", "rnb_soul"),
    "cinematic": _style("cinematic|cinematic score|orchestral film score", "cinematográfica|filmische Musik|musique de film|música de cinema|电影配乐|映画音楽", "cinematc", (72, 130), "minor", "string_ensemble french_horn acoustic_piano", "electric_guitar saxophone", "electronic"),
    "chiptune": _style("chiptune|8-bit|8-bit game music", "chiptune|Chiptune|chiptune|chiptune|芯片音乐|チップチューン", "chiptnue", (126, 164), "major", "synthesizer pluck_synth synth_bass", "acoustic_guitar saxophone", "metal"),
    "ska": _style("ska|ska punk|2 tone ska", "ska|Ska|ska|ska|斯卡|スカ", "ska musik", (120, 170), "major", "trombone trumpet organ", "synthesizer violin", "punk"),
}  # fmt: skip

PLAYERS: dict[str, dict[str, str]] = {
    "acoustic_piano": {"en": "piano", "es": "piano", "de": "Klavier", "fr": "piano", "pt": "piano", "zh": "钢琴", "ja": "ピアノ"},
    "electric_guitar": {"en": "electric guitar", "es": "guitarra eléctrica", "de": "E-Gitarre", "fr": "guitare électrique", "pt": "guitarra elétrica", "zh": "电吉他", "ja": "エレキギター"},
    "acoustic_guitar": {"en": "acoustic guitar", "es": "guitarra acústica", "de": "Akustikgitarre", "fr": "guitare acoustique", "pt": "violão", "zh": "木吉他", "ja": "アコースティックギター"},
    "synthesizer": {"en": "synth", "es": "sintetizador", "de": "Synthesizer", "fr": "synthétiseur", "pt": "sintetizador", "zh": "合成器", "ja": "シンセ"},
    "pad_synth": {"en": "pads", "es": "pads", "de": "Synth-Pads", "fr": "nappes de synthé", "pt": "pads", "zh": "合成器铺底", "ja": "パッド"},
    "pluck_synth": {"en": "plucks", "es": "plucks", "de": "Plucks", "fr": "plucks", "pt": "plucks", "zh": "pluck", "ja": "プラック"},
    "synth_bass": {"en": "synth bass", "es": "bajo sintetizado", "de": "Synth-Bass", "fr": "basse synthé", "pt": "baixo sintetizado", "zh": "合成贝斯", "ja": "シンセベース"},
    "saxophone": {"en": "sax", "es": "saxofón", "de": "Saxophon", "fr": "saxophone", "pt": "saxofone", "zh": "萨克斯", "ja": "サックス"},
    "trumpet": {"en": "trumpet", "es": "trompeta", "de": "Trompete", "fr": "trompette", "pt": "trompete", "zh": "小号", "ja": "トランペット"},
    "trombone": {"en": "trombone", "es": "trombón", "de": "Posaune", "fr": "trombone", "pt": "trombone", "zh": "长号", "ja": "トロンボーン"},
    "violin": {"en": "violin", "es": "violín", "de": "Geige", "fr": "violon", "pt": "violino", "zh": "小提琴", "ja": "バイオリン"},
    "cello": {"en": "cello", "es": "violonchelo", "de": "Cello", "fr": "violoncelle", "pt": "violoncelo", "zh": "大提琴", "ja": "チェロ"},
    "flute": {"en": "flute", "es": "flauta", "de": "Flöte", "fr": "flûte", "pt": "flauta", "zh": "长笛", "ja": "フルート"},
    "organ": {"en": "organ", "es": "órgano", "de": "Orgel", "fr": "orgue", "pt": "órgão", "zh": "风琴", "ja": "オルガン"},
    "electric_piano": {"en": "Rhodes", "es": "piano eléctrico", "de": "E-Piano", "fr": "piano électrique", "pt": "piano elétrico", "zh": "电钢琴", "ja": "エレピ"},
    "percussion": {"en": "percussion", "es": "percusión", "de": "Perkussion", "fr": "percussions", "pt": "percussão", "zh": "打击乐", "ja": "パーカッション"},
    "string_ensemble": {"en": "strings", "es": "cuerdas", "de": "Streicher", "fr": "cordes", "pt": "cordas", "zh": "弦乐", "ja": "ストリングス"},
    "choir": {"en": "choir", "es": "coro", "de": "Chor", "fr": "chœur", "pt": "coral", "zh": "合唱", "ja": "合唱"},
    "french_horn": {"en": "French horn", "es": "trompa", "de": "Waldhorn", "fr": "cor d'harmonie", "pt": "trompa", "zh": "圆号", "ja": "ホルン"},
    "drums": {"en": "drums", "es": "batería", "de": "Schlagzeug", "fr": "batterie", "pt": "bateria", "zh": "鼓", "ja": "ドラム"},
}  # fmt: skip
FORBIDS: dict[str, tuple[str, ...]] = {"drums": ("drum_kit", "percussion"), "synthesizer": ("synthesizer",)}
"""What a refusal forbids at least, where it is more than the instrument of that name."""

TONICS = ("C", "D", "E", "F", "G", "A", "Bb", "Eb", "F#", "Ab", "C#", "B")
KEY_WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "es": {"C": ("Do mayor", "Do menor"), "D": ("Re mayor", "Re menor"), "E": ("Mi mayor", "Mi menor"), "F": ("Fa mayor", "Fa menor"), "G": ("Sol mayor", "Sol menor"), "A": ("La mayor", "La menor"), "Bb": ("Si bemol mayor", "Si bemol menor"), "Eb": ("Mi bemol mayor", "Mi bemol menor"), "F#": ("Fa sostenido mayor", "Fa sostenido menor"), "B": ("Si mayor", "Si menor")},
    "de": {"C": ("C-Dur", "c-Moll"), "D": ("D-Dur", "d-Moll"), "E": ("E-Dur", "e-Moll"), "F": ("F-Dur", "f-Moll"), "G": ("G-Dur", "g-Moll"), "A": ("A-Dur", "a-Moll"), "Bb": ("B-Dur", "b-Moll"), "Eb": ("Es-Dur", "es-Moll"), "F#": ("Fis-Dur", "fis-Moll"), "B": ("H-Dur", "h-Moll")},
    "fr": {"C": ("do majeur", "do mineur"), "D": ("ré majeur", "ré mineur"), "E": ("mi majeur", "mi mineur"), "F": ("fa majeur", "fa mineur"), "G": ("sol majeur", "sol mineur"), "A": ("la majeur", "la mineur"), "Bb": ("si bémol majeur", "si bémol mineur"), "Eb": ("mi bémol majeur", "mi bémol mineur"), "F#": ("fa dièse majeur", "fa dièse mineur"), "B": ("si majeur", "si mineur")},
    "pt": {"C": ("Dó maior", "Dó menor"), "D": ("Ré maior", "Ré menor"), "E": ("Mi maior", "Mi menor"), "F": ("Fá maior", "Fá menor"), "G": ("Sol maior", "Sol menor"), "A": ("Lá maior", "Lá menor"), "Bb": ("Si bemol maior", "Si bemol menor"), "Eb": ("Mi bemol maior", "Mi bemol menor"), "F#": ("Fá sustenido maior", "Fá sustenido menor"), "B": ("Si maior", "Si menor")},
    "zh": {"C": ("C大调", "C小调"), "D": ("D大调", "D小调"), "E": ("E大调", "E小调"), "F": ("F大调", "F小调"), "G": ("G大调", "G小调"), "A": ("A大调", "A小调"), "Bb": ("降B大调", "降B小调"), "Eb": ("降E大调", "降E小调"), "F#": ("升F大调", "升F小调"), "B": ("B大调", "B小调")},
    "ja": {"C": ("ハ長調", "ハ短調"), "D": ("ニ長調", "ニ短調"), "E": ("ホ長調", "ホ短調"), "F": ("ヘ長調", "ヘ短調"), "G": ("ト長調", "ト短調"), "A": ("イ長調", "イ短調"), "Bb": ("変ロ長調", "変ロ短調"), "Eb": ("変ホ長調", "変ホ短調"), "F#": ("嬰ヘ長調", "嬰ヘ短調"), "B": ("ロ長調", "ロ短調")},
}  # fmt: skip
MAJOR_CHORDS = ("I V vi IV", "I vi IV V", "I IV vi V", "vi IV I V", "I iii IV V", "I bVII IV I", "I V/3 vi IV")
MINOR_CHORDS = ("i bVI bIII bVII", "i iv bVI V", "i bVII bVI V", "i bIII bVII iv", "i v bVI bVII", "i iv i V")
