"""Questions about diagrams in twelve languages, in the order of `synth.charts.words.LANGUAGES`."""

NONE = "None.|没有。|Aucun.|Keine.|Nessuno.|Ninguno.|Nenhum.|لا شيء.|Нет.|ありません。|없습니다.|Không có."
QUESTIONS = {
    "nodes": (
        "How many nodes does the diagram have?|图中有多少个节点？|Combien de nœuds le schéma compte-t-il ?|"
        "Wie viele Knoten hat das Diagramm?|Quanti nodi ha il diagramma?|¿Cuántos nodos tiene el diagrama?|"
        "Quantos nós tem o diagrama?|كم عدد العقد في المخطط؟|Сколько узлов на схеме?|図にはノードがいくつありますか。|"
        "도표에 노드가 몇 개 있습니까?|Sơ đồ có bao nhiêu nút?"
    ),
    "edges": (
        "How many edges are there?|图中有多少条边？|Combien y a-t-il d’arêtes ?|Wie viele Kanten gibt es?|"
        "Quanti archi ci sono?|¿Cuántas aristas hay?|Quantas arestas existem?|كم عدد الوصلات؟|Сколько здесь рёбер?|"
        "辺はいくつありますか。|간선이 몇 개 있습니까?|Có bao nhiêu cạnh?"
    ),
    "from": (
        "To which nodes do arrows lead from {name}?|从{name}出发的箭头指向哪些节点？|"
        "Vers quels nœuds mènent les flèches partant de {name} ?|Zu welchen Knoten führen Pfeile von {name}?|"
        "Verso quali nodi vanno le frecce da {name}?|¿A qué nodos llevan las flechas desde {name}?|"
        "Para quais nós levam as setas de {name}?|إلى أي عقد تؤدي الأسهم من {name}؟|"
        "К каким узлам ведут стрелки от {name}?|"
        "{name}からの矢印はどのノードに向かいますか。|{name}에서 나가는 화살표는 어느 노드로 향합니까?|"
        "Các mũi tên từ {name} dẫn đến những nút nào?"
    ),
    "joined": (
        "Which nodes are joined to {name}?|哪些节点与{name}相连？|Quels nœuds sont reliés à {name} ?|"
        "Welche Knoten sind mit {name} verbunden?|Quali nodi sono collegati a {name}?|"
        "¿Qué nodos están unidos a {name}?|Quais nós estão ligados a {name}?|ما العقد المتصلة بـ {name}؟|"
        "Какие узлы соединены с {name}?|{name}とつながっているノードはどれですか。|"
        "{name}와(과) 연결된 노드는 무엇입니까?|Những nút nào nối với {name}?"
    ),
    "label": (
        "What is written on the line between {name} and {other}?|{name}与{other}之间的连线上写着什么？|"
        "Qu’est-il écrit sur la ligne entre {name} et {other} ?|Was steht auf der Linie zwischen {name} und {other}?|"
        "Che cosa è scritto sulla linea tra {name} e {other}?|¿Qué pone en la línea entre {name} y {other}?|"
        "O que está escrito na linha entre {name} e {other}?|ما المكتوب على الخط بين {name} و{other}؟|"
        "Что написано на линии между {name} и {other}?|{name}と{other}を結ぶ線には何と書かれていますか。|"
        "{name}와(과) {other} 사이의 선에는 무엇이 적혀 있습니까?|Trên đường nối giữa {name} và {other} ghi gì?"
    ),
}
