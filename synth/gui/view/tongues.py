"""Questions and answers about screens in the screens' own languages: no word of them depends on a gap's grammar."""

from collections.abc import Mapping, Sequence
from typing import Any

from synth.gui.view.refer import Call
from synth.gui.words.tables import label, listed, role

# {what} is an element as `called` says it, {where} a place, {form} a format.
_QUESTIONS: dict[str, dict[str, str]] = {
    "zh": {
        **{
            "find": "请找到这个界面元素，并以{form}给出边界框：{what}",
            "point": "要点击这个元素，应点哪里？以{form}回答：{what}",
        },
        "state": "这个元素处于什么状态：{what}？",
        "name_point": "位于{where}的是哪个界面元素？",
        "read": "{where}处写的是什么？",
        "ocr": "请按阅读顺序逐行读出屏幕上的全部文字。",
        **{
            "lines": "请检测并读出每一行文字，按阅读顺序，以{form}给出。",
            "find_text": "“{text}”在哪里？以{form}给出边界框。",
        },
    },
    "fr": {
        "find": "Trouve cet élément et donne sa boîte au format {form} : {what}",
        "point": "Où cliquer pour atteindre cet élément ? Réponds au format {form} : {what}",
        "state": "Dans quel état est cet élément : {what} ?",
        "name_point": "Quel élément se trouve en {where} ?",
        "read": "Que dit le texte dans {where} ?",
        "ocr": "Lis tout le texte de l’écran, ligne par ligne.",
        "lines": "Repère et lis chaque ligne de texte, dans l’ordre de lecture, au format {form}.",
        "find_text": "Où est écrit « {text} » ? Donne la boîte au format {form}.",
    },
    "de": {
        "find": "Finde dieses Element und gib seinen Rahmen als {form} an: {what}",
        "point": "Wohin muss man klicken, um dieses Element zu treffen? Antworte als {form}: {what}",
        **{
            "state": "In welchem Zustand ist dieses Element: {what}?",
            "name_point": "Welches Element liegt bei {where}?",
        },
        "read": "Was steht im Rahmen {where}?",
        "ocr": "Lies den ganzen Text des Bildschirms, Zeile für Zeile.",
        "lines": "Finde und lies jede Textzeile in Lesereihenfolge; Ausgabe als {form}.",
        "find_text": "Wo steht „{text}“? Gib den Rahmen als {form} an.",
    },
    "it": {
        "find": "Trova questo elemento e dai il suo riquadro in formato {form}: {what}",
        "point": "Dove bisogna fare clic per questo elemento? Rispondi in formato {form}: {what}",
        "state": "In che stato è questo elemento: {what}?",
        "name_point": "Quale elemento si trova in {where}?",
        "read": "Che cosa c’è scritto in {where}?",
        "ocr": "Leggi tutto il testo dello schermo, riga per riga.",
        "lines": "Individua e leggi ogni riga di testo, nell’ordine di lettura, in formato {form}.",
        "find_text": "Dove c’è scritto «{text}»? Dai il riquadro in formato {form}.",
    },
    "es": {
        "find": "Encuentra este elemento y da su recuadro en formato {form}: {what}",
        "point": "¿Dónde hay que hacer clic para este elemento? Responde en formato {form}: {what}",
        "state": "¿En qué estado está este elemento: {what}?",
        "name_point": "¿Qué elemento hay en {where}?",
        "read": "¿Qué pone en {where}?",
        "ocr": "Lee todo el texto de la pantalla, línea por línea.",
        "lines": "Localiza y lee cada línea de texto, en orden de lectura, en formato {form}.",
        "find_text": "¿Dónde pone «{text}»? Da el recuadro en formato {form}.",
    },
    "pt": {
        "find": "Encontre este elemento e dê a caixa dele em formato {form}: {what}",
        "point": "Onde se deve clicar para este elemento? Responda em formato {form}: {what}",
        "state": "Em que estado está este elemento: {what}?",
        "name_point": "Que elemento está em {where}?",
        "read": "O que está escrito em {where}?",
        "ocr": "Leia todo o texto da tela, linha por linha.",
        "lines": "Localize e leia cada linha de texto, em ordem de leitura, em formato {form}.",
        "find_text": "Onde está escrito “{text}”? Dê a caixa em formato {form}.",
    },
    "ar": {
        "find": "جد هذا العنصر وأعط مربعه بصيغة {form}: {what}",
        "point": "أين يجب النقر لهذا العنصر؟ أجب بصيغة {form}: {what}",
        "state": "ما حالة هذا العنصر: {what}؟",
        "name_point": "ما العنصر الموجود في {where}؟",
        "read": "ما المكتوب في {where}؟",
        "ocr": "اقرأ كل النص الظاهر على الشاشة سطرًا سطرًا.",
        "lines": "حدد كل سطر من النص واقرأه بترتيب القراءة بصيغة {form}.",
        "find_text": "أين كُتب «{text}»؟ أعط المربع بصيغة {form}.",
    },
    "ru": {
        "find": "Найди этот элемент и укажи его рамку в формате {form}: {what}",
        "point": "Куда нажать, чтобы попасть в этот элемент? Ответь в формате {form}: {what}",
        **{
            "state": "В каком состоянии этот элемент: {what}?",
            "name_point": "Какой элемент находится в точке {where}?",
        },
        "read": "Что написано в рамке {where}?",
        "ocr": "Прочитай весь текст на экране, строка за строкой.",
        "lines": "Найди и прочитай каждую строку текста в порядке чтения, в формате {form}.",
        "find_text": "Где написано «{text}»? Укажи рамку в формате {form}.",
    },
    "ja": {
        **{
            "find": "次の要素を見つけ、枠を{form}で答えてください：{what}",
            "point": "次の要素を押すにはどこをクリックしますか。{form}で答えてください：{what}",
        },
        "state": "次の要素はどんな状態ですか：{what}",
        "name_point": "{where}にある要素は何ですか。",
        **{
            "read": "{where}には何と書いてありますか。",
            "ocr": "画面の文字をすべて、読む順に一行ずつ書き出してください。",
        },
        **{
            "lines": "文字の行をすべて検出して読み、読む順に{form}で答えてください。",
            "find_text": "「{text}」はどこにありますか。枠を{form}で答えてください。",
        },
    },
    "ko": {
        "find": "다음 요소를 찾아 경계 상자를 {form} 형식으로 답하세요: {what}",
        "point": "다음 요소를 누르려면 어디를 클릭해야 하나요? {form} 형식으로 답하세요: {what}",
        "state": "다음 요소는 어떤 상태인가요: {what}",
        "name_point": "{where} 위치에 있는 요소는 무엇인가요?",
        "read": "{where} 안에 무엇이라고 쓰여 있나요?",
        "ocr": "화면의 모든 글자를 한 줄씩 읽는 순서대로 적으세요.",
        "lines": "모든 글줄을 찾아 읽고 읽는 순서대로 {form} 형식으로 답하세요.",
        "find_text": "‘{text}’은(는) 어디에 있나요? 경계 상자를 {form} 형식으로 답하세요.",
    },
    "vi": {
        "find": "Hãy tìm phần tử này và cho khung của nó ở dạng {form}: {what}",
        "point": "Cần nhấp vào đâu để chọn phần tử này? Trả lời ở dạng {form}: {what}",
        "state": "Phần tử này đang ở trạng thái nào: {what}?",
        "name_point": "Phần tử nào nằm ở {where}?",
        "read": "Trong khung {where} viết gì?",
        "ocr": "Hãy đọc toàn bộ chữ trên màn hình, từng dòng một.",
        "lines": "Hãy tìm và đọc từng dòng chữ theo thứ tự đọc, ở dạng {form}.",
        "find_text": "Chữ “{text}” nằm ở đâu? Cho khung ở dạng {form}.",
    },
}
_FORMS: dict[str, tuple[str, ...]] = {  # JSON and XML are called so everywhere
    **{
        "zh": ("纯文本",),
        "fr": ("texte simple",),
        "de": ("reiner Text",),
        "it": ("testo semplice",),
        "ja": ("プレーンテキスト",),
    },
    "es": ("texto sin formato",),
    "pt": ("texto simples",),
    "ar": ("نص عادي",),
    "ru": ("обычный текст",),
    "ko": ("일반 텍스트",),
    "vi": ("văn bản thuần",),
}
# That an element is not there.
_ABSENT: dict[str, str] = {
    **{
        "zh": "这个屏幕上没有{what}。",
        "fr": "Cet écran ne montre pas : {what}.",
        "de": "Auf diesem Bildschirm fehlt: {what}.",
    },
    "it": "Su questo schermo non c’è: {what}.",
    "es": "En esta pantalla no aparece: {what}.",
    **{
        "pt": "Nesta tela não aparece: {what}.",
        "ar": "لا يظهر على هذه الشاشة: {what}.",
        "ru": "На этом экране нет: {what}.",
    },
    **{
        "ja": "この画面に{what}はありません。",
        "ko": "이 화면에 다음 요소가 없습니다: {what}",
        "vi": "Màn hình này không có {what}.",
    },
}
_STATES = {"checked": "checked", "not checked": "unchecked", "partly checked": "mixed", "not selected": "unselected",
           "not pressed": "not_pressed"}  # fmt: skip


def speaks(language: str, view: Mapping[str, Any]) -> bool:
    """Whether a view can be worded in a language."""
    kind = view["ask"] if view["kind"] == "refuse" else view["kind"]
    calls = [each for each in (view.get("call"), view.get("said")) if isinstance(each, dict) and "role" in each]
    if view["kind"] == "refuse" and view["said"][0] == "covered":
        return False
    return kind in _QUESTIONS.get(language, {}) and not any("place" in call for call in calls)


def question(language: str, kind: str, form: str) -> str:
    """With the format filled in."""
    return _QUESTIONS[language][kind].replace("{form}", _FORMS[language][0] if form == "plain" else form.upper())


def called(language: str, call: Call) -> str:
    """An element as a call has it: its kind and its name in quotation marks."""
    said = f"{role(language, call['role'])} {listed(language, [call['name']])}"
    if "of" in call:
        owner, title = call["of"]
        return f"{said} ({role(language, owner)} {listed(language, [title])})"
    return said


def states(language: str, told: Sequence[str]) -> str:
    """States as captions say them."""
    return ", ".join(label(language, _STATES.get(each, each)) for each in told)


def refusal(language: str, reason: str, call: Call) -> str:
    """That an element is not there, or disabled."""
    what = called(language, call)
    return _ABSENT[language].replace("{what}", what) if reason == "absent" else f"{what}: {label(language, 'disabled')}"
