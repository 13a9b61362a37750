"""What charts say in twelve languages: topics with their units, questions and answers."""

LANGUAGES = ("en", "zh", "fr", "de", "it", "es", "pt", "ar", "ru", "ja", "ko", "vi")

# topic -> (unit, least, most, its name in each language, in the order of LANGUAGES)
TOPICS: dict[str, tuple[str, float, float, str]] = {
    "sales": (
        "%", 5, 95,
        "Share of sales|销售占比|Part des ventes|Umsatzanteil|Quota di vendite|Cuota de ventas|Quota de vendas|"
        "حصة المبيعات|Доля продаж|売上構成比|매출 비중|Tỷ trọng doanh số",
    ),
    "population": (
        "", 20_000, 4_000_000,
        "Population|人口|Population|Bevölkerung|Popolazione|Población|População|عدد السكان|Население|人口|인구|"
        "Dân số",
    ),
    "rain": (
        "mm", 10, 320,
        "Rainfall|降水量|Précipitations|Niederschlag|Precipitazioni|Precipitaciones|Precipitação|هطول الأمطار|"
        "Осадки|降水量|강수량|Lượng mưa",
    ),
    "temperature": (
        "°C", -15, 38,
        "Temperature|气温|Température|Temperatur|Temperatura|Temperatura|Temperatura|درجة الحرارة|Температура|気温|"
        "기온|Nhiệt độ",
    ),
    "visitors": (
        "", 300, 60_000,
        "Visitors|游客人数|Visiteurs|Besucher|Visitatori|Visitantes|Visitantes|عدد الزوار|Посетители|来場者数|"
        "방문자 수|Lượt khách",
    ),
    "energy": (
        "GWh", 2, 900,
        "Energy consumption|能源消耗|Consommation d’énergie|Energieverbrauch|Consumo di energia|Consumo de energía|"
        "Consumo de energia|استهلاك الطاقة|Потребление энергии|エネルギー消費量|에너지 소비량|Tiêu thụ năng lượng",
    ),
    "price": (
        "€", 1, 140,
        "Average price|平均价格|Prix moyen|Durchschnittspreis|Prezzo medio|Precio medio|Preço médio|متوسط السعر|"
        "Средняя цена|平均価格|평균 가격|Giá trung bình",
    ),
    "profit": (
        "k€", -400, 900,
        "Profit|利润|Bénéfice|Gewinn|Utile|Beneficio|Lucro|الربح|Прибыль|利益|이익|Lợi nhuận",
    ),
    "output": (
        "t", 40, 9_000,
        "Production|产量|Production|Produktion|Produzione|Producción|Produção|الإنتاج|Производство|生産量|생산량|"
        "Sản lượng",
    ),
    "score": (
        "", 5, 100,
        "Test score|测试得分|Note au test|Testergebnis|Punteggio del test|Puntuación|Pontuação|نتيجة الاختبار|"
        "Результат теста|テスト得点|시험 점수|Điểm kiểm tra",
    ),
    "wait": (
        "min", 2, 180,
        "Waiting time|等待时间|Temps d’attente|Wartezeit|Tempo di attesa|Tiempo de espera|Tempo de espera|"
        "وقت الانتظار|Время ожидания|待ち時間|대기 시간|Thời gian chờ",
    ),
    "weight": (
        "kg", 20, 140,
        "Weight|重量|Poids|Gewicht|Peso|Peso|Peso|الوزن|Вес|重量|무게|Cân nặng",
    ),
}  # fmt: skip
# kind -> the question in each language
QUESTIONS: dict[str, str] = {
    "value": (
        "What is the value of {name}?|{name}的数值是多少？|Quelle est la valeur de {name} ?|"
        "Welchen Wert hat {name}?|Qual è il valore di {name}?|¿Cuál es el valor de {name}?|"
        "Qual é o valor de {name}?|ما قيمة {name}؟|Каково значение: {name}?|{name}の値はいくつですか。|"
        "{name}의 값은 얼마입니까?|Giá trị của {name} là bao nhiêu?"
    ),
    "highest": (
        "Which has the highest value in {name}?|{name}中数值最高的是哪一项？|"
        "Lequel a la valeur la plus élevée dans {name} ?|Was hat den höchsten Wert bei {name}?|"
        "Quale ha il valore più alto in {name}?|¿Cuál tiene el valor más alto en {name}?|"
        "Qual tem o valor mais alto em {name}?|أيها له أعلى قيمة في {name}؟|Что имеет наибольшее значение: {name}?|"
        "{name}で値が最も大きいのはどれですか。|{name}에서 값이 가장 큰 것은 무엇입니까?|"
        "Mục nào có giá trị cao nhất trong {name}?"
    ),
    "lowest": (
        "Which has the lowest value in {name}?|{name}中数值最低的是哪一项？|"
        "Lequel a la valeur la plus basse dans {name} ?|Was hat den niedrigsten Wert bei {name}?|"
        "Quale ha il valore più basso in {name}?|¿Cuál tiene el valor más bajo en {name}?|"
        "Qual tem o valor mais baixo em {name}?|أيها له أدنى قيمة في {name}؟|"
        "Что имеет наименьшее значение: {name}?|{name}で値が最も小さいのはどれですか。|"
        "{name}에서 값이 가장 작은 것은 무엇입니까?|Mục nào có giá trị thấp nhất trong {name}?"
    ),
    "difference": (
        "What is the difference between {name} and {other}?|{name}与{other}相差多少？|"
        "Quel est l’écart entre {name} et {other} ?|Wie groß ist der Unterschied zwischen {name} und {other}?|"
        "Qual è la differenza tra {name} e {other}?|¿Cuál es la diferencia entre {name} y {other}?|"
        "Qual é a diferença entre {name} e {other}?|ما الفرق بين {name} و{other}؟|"
        "Какова разница между {name} и {other}?|{name}と{other}の差はいくつですか。|"
        "{name}와(과) {other}의 차이는 얼마입니까?|Chênh lệch giữa {name} và {other} là bao nhiêu?"
    ),
    "count": (
        "How many values does {name} show?|{name}共有多少个数值？|Combien de valeurs {name} montre-t-il ?|"
        "Wie viele Werte zeigt {name}?|Quanti valori mostra {name}?|¿Cuántos valores muestra {name}?|"
        "Quantos valores mostra {name}?|كم عدد القيم في {name}؟|Сколько значений показано: {name}?|"
        "{name}には値がいくつありますか。|{name}에는 값이 몇 개 있습니까?|{name} có bao nhiêu giá trị?"
    ),
    "points": (
        "How many points does {name} have?|{name}有多少个点？|Combien de points compte {name} ?|"
        "Wie viele Punkte hat {name}?|Quanti punti ha {name}?|¿Cuántos puntos tiene {name}?|Quantos pontos tem {name}?|"
        "كم عدد النقاط في {name}؟|Сколько точек: {name}?|{name}の点はいくつありますか。|"
        "{name}에는 점이 몇 개 있습니까?|{name} có bao nhiêu điểm?"
    ),
    "trend": (
        "Does {name} rise or fall from the first value to the last?|{name}从第一个值到最后一个值是上升还是下降？|"
        "Du premier au dernier point, {name} : hausse ou baisse ?|"
        "Steigt oder fällt {name} vom ersten zum letzten Wert?|"
        "Dal primo all’ultimo valore, {name} sale o scende?|Del primer valor al último, ¿{name} sube o baja?|"
        "Do primeiro ao último valor, {name} sobe ou desce?|هل ترتفع قيم {name} أم تنخفض من الأولى إلى الأخيرة؟|"
        "От первого значения к последнему {name}: рост или падение?|"
        "{name}は最初の値から最後の値まで上昇していますか、下降していますか。|"
        "{name}의 값은 처음부터 끝까지 상승합니까, 하락합니까?|Từ giá trị đầu đến giá trị cuối, {name} tăng hay giảm?"
    ),
    "series": (
        "Which series is highest at {name}?|在{name}处，哪个系列最高？|Quelle série est la plus élevée pour {name} ?|"
        "Welche Reihe ist bei {name} am höchsten?|Quale serie è più alta per {name}?|"
        "¿Qué serie es la más alta en {name}?|Qual série é a mais alta em {name}?|أي سلسلة هي الأعلى عند {name}؟|"
        "Какой ряд выше всех: {name}?|{name}で最も高い系列はどれですか。|{name}에서 가장 높은 계열은 무엇입니까?|"
        "Tại {name}, chuỗi nào cao nhất?"
    ),
}
MEDIAN = "median|中位数|médiane|Median|mediana|mediana|mediana|الوسيط|медиана|中央値|중앙값|trung vị"
TREND = {
    "up": "It rises.|上升。|Une hausse.|Es steigt.|Sale.|Sube.|Sobe.|ارتفاع.|Растёт.|"
    "上昇しています。|상승합니다.|Tăng.",
    "down": "It falls.|下降。|Une baisse.|Es fällt.|Scende.|Baja.|Desce.|انخفاض.|Падает.|"
    "下降しています。|하락합니다.|Giảm.",
}


def in_language(words: str, language: str) -> str:
    """The word of a language, of those that `|` keeps apart; the only one where all languages share it."""
    told = words.split("|")
    return told[LANGUAGES.index(language)] if len(told) > 1 else words
