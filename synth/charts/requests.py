"""What people ask about charts and diagrams, in twelve languages, in the order of `synth.charts.words.LANGUAGES`."""

CHARTS: dict[str, tuple[str, ...]] = {
    "csv": (
        "Give the data of this chart as CSV.|请以CSV格式给出此图表的数据。|"
        "Donne les données de ce graphique au format CSV.|"
        "Gib die Daten dieses Diagramms als CSV aus.|Fornisci i dati di questo grafico in formato CSV.|"
        "Da los datos de este gráfico en formato CSV.|Forneça os dados deste gráfico em formato CSV.|"
        "أعط بيانات هذا الرسم البياني بصيغة CSV.|Приведи данные этой диаграммы в формате CSV.|"
        "このグラフのデータをCSV形式で示してください。|이 차트의 데이터를 CSV 형식으로 제시하세요.|"
        "Hãy cho biết dữ liệu của biểu đồ này dưới dạng CSV.",
        "Read the chart into comma-separated values.|把图表读成以逗号分隔的数值。|"
        "Transcris le graphique en valeurs séparées par des virgules.|"
        "Übertrage das Diagramm in kommagetrennte Werte.|Trascrivi il grafico in valori separati da virgole.|"
        "Transcribe el gráfico a valores separados por comas.|Transcreva o gráfico em valores separados por vírgulas.|"
        "حوّل الرسم البياني إلى قيم مفصولة بفواصل.|Перепиши диаграмму в значения, разделённые запятыми.|"
        "グラフをカンマ区切りの値に書き起こしてください。|차트를 쉼표로 구분된 값으로 옮기세요.|"
        "Hãy chuyển biểu đồ thành các giá trị phân tách bằng dấu phẩy.",
    ),
    "markdown": (
        "Turn the chart into a Markdown table.|把图表转换为Markdown表格。|Convertis le graphique en tableau Markdown.|"
        "Wandle das Diagramm in eine Markdown-Tabelle um.|Converti il grafico in una tabella Markdown.|"
        "Convierte el gráfico en una tabla de Markdown.|Converta o gráfico em uma tabela Markdown.|"
        "حوّل الرسم البياني إلى جدول Markdown.|Преобразуй диаграмму в таблицу Markdown.|"
        "グラフをMarkdownの表に変換してください。|차트를 마크다운 표로 바꾸세요.|"
        "Hãy chuyển biểu đồ thành bảng Markdown.",
        "Give the data of this chart as a table in Markdown.|请用Markdown表格给出此图表的数据。|"
        "Donne les données de ce graphique sous forme de tableau Markdown.|"
        "Gib die Daten dieses Diagramms als Tabelle in Markdown aus.|"
        "Fornisci i dati di questo grafico come tabella in Markdown.|"
        "Da los datos de este gráfico como tabla en Markdown.|Forneça os dados deste gráfico como tabela em Markdown.|"
        "أعط بيانات هذا الرسم البياني في جدول بصيغة Markdown.|Приведи данные этой диаграммы таблицей в Markdown.|"
        "このグラフのデータをMarkdownの表で示してください。|이 차트의 데이터를 마크다운 표로 제시하세요.|"
        "Hãy trình bày dữ liệu của biểu đồ này bằng bảng Markdown.",
    ),
    "html": (
        "QwenVL HTML",
        "Parse this chart into QwenVL HTML.|将此图表解析为QwenVL HTML。|Transcris ce graphique en QwenVL HTML.|"
        "Übertrage dieses Diagramm in QwenVL HTML.|Trascrivi questo grafico in QwenVL HTML.|"
        "Transcribe este gráfico a QwenVL HTML.|Transcreva este gráfico em QwenVL HTML.|"
        "حوّل هذا الرسم البياني إلى QwenVL HTML.|Перепиши эту диаграмму в QwenVL HTML.|"
        "このグラフをQwenVL HTMLに変換してください。|이 차트를 QwenVL HTML로 변환하세요.|"
        "Hãy chuyển biểu đồ này thành QwenVL HTML.",
    ),
    "code": (
        "Write the Python code that draws this chart.|写出绘制此图表的Python代码。|"
        "Écris le code Python qui trace ce graphique.|Schreibe den Python-Code, der dieses Diagramm zeichnet.|"
        "Scrivi il codice Python che disegna questo grafico.|Escribe el código de Python que dibuja este gráfico.|"
        "Escreva o código Python que desenha este gráfico.|اكتب شيفرة بايثون التي ترسم هذا الرسم البياني.|"
        "Напиши код на Python, который рисует эту диаграмму.|このグラフを描くPythonコードを書いてください。|"
        "이 차트를 그리는 파이썬 코드를 작성하세요.|Hãy viết mã Python vẽ biểu đồ này.",
        "Which Python code makes this figure?|什么Python代码可以生成这张图？|Quel code Python produit cette figure ?|"
        "Welcher Python-Code erzeugt diese Abbildung?|Quale codice Python produce questa figura?|"
        "¿Qué código de Python genera esta figura?|Que código Python gera esta figura?|"
        "ما شيفرة بايثون التي تنتج هذا الشكل؟|Какой код на Python строит этот рисунок?|"
        "この図を作るPythonコードはどのようなものですか。|이 그림을 만드는 파이썬 코드는 무엇입니까?|"
        "Mã Python nào tạo ra hình này?",
    ),
    "json": (
        "Locate the title, the legend entries and the marks of the chart. Answer in JSON.|"
        "定位图表的标题、图例项和图形标记，以JSON格式回答。|"
        "Localise le titre, les entrées de la légende et les marques du graphique. Réponds en JSON.|"
        "Lokalisiere den Titel, die Legendeneinträge und die Markierungen des Diagramms. Antworte in JSON.|"
        "Individua il titolo, le voci della legenda e i segni del grafico. Rispondi in JSON.|"
        "Localiza el título, las entradas de la leyenda y las marcas del gráfico. Responde en JSON.|"
        "Localize o título, as entradas da legenda e as marcas do gráfico. Responda em JSON.|"
        "حدد مواضع العنوان وعناصر وسيلة الإيضاح وعلامات الرسم البياني. أجب بصيغة JSON.|"
        "Найди заголовок, элементы легенды и отметки диаграммы. Ответь в JSON.|"
        "グラフのタイトル、凡例の項目、マークの位置をJSON形式で答えてください。|"
        "차트의 제목, 범례 항목, 표식의 위치를 찾아 JSON으로 답하세요.|"
        "Hãy định vị tiêu đề, các mục chú giải và các dấu của biểu đồ. Trả lời bằng JSON.",
    ),
    "xml": (
        "Locate the title, the legend entries and the marks of the chart. Answer in XML.|"
        "定位图表的标题、图例项和图形标记，以XML格式回答。|"
        "Localise le titre, les entrées de la légende et les marques du graphique. Réponds en XML.|"
        "Lokalisiere den Titel, die Legendeneinträge und die Markierungen des Diagramms. Antworte in XML.|"
        "Individua il titolo, le voci della legenda e i segni del grafico. Rispondi in XML.|"
        "Localiza el título, las entradas de la leyenda y las marcas del gráfico. Responde en XML.|"
        "Localize o título, as entradas da legenda e as marcas do gráfico. Responda em XML.|"
        "حدد مواضع العنوان وعناصر وسيلة الإيضاح وعلامات الرسم البياني. أجب بصيغة XML.|"
        "Найди заголовок, элементы легенды и отметки диаграммы. Ответь в XML.|"
        "グラフのタイトル、凡例の項目、マークの位置をXML形式で答えてください。|"
        "차트의 제목, 범례 항목, 표식의 위치를 찾아 XML로 답하세요.|"
        "Hãy định vị tiêu đề, các mục chú giải và các dấu của biểu đồ. Trả lời bằng XML.",
    ),
    "caption": ("Describe the chart.", "Summarise what this chart shows."),  # captions are English
}
DIAGRAMS = {
    "edges": (
        "List the edges of this diagram, one a line.|逐行列出此图中的边。|"
        "Énumère les arêtes de ce schéma, une par ligne.|"
        "Liste die Kanten dieses Diagramms auf, eine pro Zeile.|Elenca gli archi di questo diagramma, uno per riga.|"
        "Enumera las aristas de este diagrama, una por línea.|Liste as arestas deste diagrama, uma por linha.|"
        "اذكر وصلات هذا المخطط، واحدة في كل سطر.|Перечисли рёбра этой схемы, по одному в строке.|"
        "この図の辺を1行に1つずつ挙げてください。|이 도표의 간선을 한 줄에 하나씩 나열하세요.|"
        "Hãy liệt kê các cạnh của sơ đồ này, mỗi dòng một cạnh."
    ),
    "mermaid": (
        "Turn the diagram into Mermaid code.|把此图转换为Mermaid代码。|Convertis le schéma en code Mermaid.|"
        "Wandle das Diagramm in Mermaid-Code um.|Converti il diagramma in codice Mermaid.|"
        "Convierte el diagrama en código Mermaid.|Converta o diagrama em código Mermaid.|"
        "حوّل المخطط إلى شيفرة Mermaid.|Преобразуй схему в код Mermaid.|図をMermaidのコードに変換してください。|"
        "도표를 Mermaid 코드로 바꾸세요.|Hãy chuyển sơ đồ thành mã Mermaid."
    ),
    "json": (
        "Locate every node. Answer in JSON.|定位每个节点，以JSON格式回答。|Localise chaque nœud. Réponds en JSON.|"
        "Lokalisiere jeden Knoten. Antworte in JSON.|Individua ogni nodo. Rispondi in JSON.|"
        "Localiza cada nodo. Responde en JSON.|Localize cada nó. Responda em JSON.|"
        "حدد موضع كل عقدة. أجب بصيغة JSON.|Найди каждый узел. Ответь в JSON.|"
        "すべてのノードの位置をJSON形式で答えてください。|모든 노드의 위치를 찾아 JSON으로 답하세요.|"
        "Hãy định vị mọi nút. Trả lời bằng JSON."
    ),
    "xml": (
        "Locate every node. Answer in XML.|定位每个节点，以XML格式回答。|Localise chaque nœud. Réponds en XML.|"
        "Lokalisiere jeden Knoten. Antworte in XML.|Individua ogni nodo. Rispondi in XML.|"
        "Localiza cada nodo. Responde en XML.|Localize cada nó. Responda em XML.|"
        "حدد موضع كل عقدة. أجب بصيغة XML.|Найди каждый узел. Ответь в XML.|"
        "すべてのノードの位置をXML形式で答えてください。|모든 노드의 위치를 찾아 XML로 답하세요.|"
        "Hãy định vị mọi nút. Trả lời bằng XML."
    ),
}
