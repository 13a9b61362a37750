"""The fixed words of documents (invoices, forms, textbooks, papers) in each language."""

_KEYS = [
    "invoice",
    "receipt",
    "form",
    "date",
    "number",
    "customer",
    "item",
    "quantity",
    "price",
    "amount",
    "subtotal",
    "tax",
    "total",
    "name",
    "address",
    "city",
    "phone",
    "figure",
    "definition",
    "example",
    "exercise",
    "references",
    "abstract",
    "year",
]
_TOLD = {
    "en": "Invoice|Receipt|Application form|Date|No.|Customer|Item|Qty|Price|Amount|Subtotal|Tax|Total|Name"
    "|Address|City|Phone|Figure|Definition|Example|Exercise|References|Abstract|Year",
    "de": "Rechnung|Quittung|Antrag|Datum|Nr.|Kunde|Artikel|Menge|Preis|Betrag|Zwischensumme|MwSt.|Summe|Name"
    "|Anschrift|Ort|Telefon|Abbildung|Definition|Beispiel|Aufgabe|Literatur|Zusammenfassung|Jahr",
    "fr": "Facture|Reçu|Formulaire|Date|N°|Client|Article|Qté|Prix|Montant|Sous-total|TVA|Total|Nom|Adresse"
    "|Ville|Téléphone|Figure|Définition|Exemple|Exercice|Références|Résumé|Année",
    "es": "Factura|Recibo|Formulario|Fecha|N.º|Cliente|Artículo|Cant.|Precio|Importe|Subtotal|IVA|Total"
    "|Nombre|Dirección|Ciudad|Teléfono|Figura|Definición|Ejemplo|Ejercicio|Referencias|Resumen|Año",
    "it": "Fattura|Ricevuta|Modulo|Data|N.|Cliente|Articolo|Qtà|Prezzo|Importo|Imponibile|IVA|Totale|Nome"
    "|Indirizzo|Città|Telefono|Figura|Definizione|Esempio|Esercizio|Bibliografia|Sommario|Anno",
    "pt": "Fatura|Recibo|Formulário|Data|N.º|Cliente|Artigo|Qtd.|Preço|Valor|Subtotal|IVA|Total|Nome|Endereço"
    "|Cidade|Telefone|Figura|Definição|Exemplo|Exercício|Referências|Resumo|Ano",
    "vi": "Hóa đơn|Biên lai|Đơn đăng ký|Ngày|Số|Khách hàng|Mặt hàng|SL|Đơn giá|Thành tiền|Cộng|Thuế|Tổng cộng"
    "|Họ tên|Địa chỉ|Thành phố|Điện thoại|Hình|Định nghĩa|Ví dụ|Bài tập|Tài liệu tham khảo|Tóm tắt|Năm",
    "ru": "Счёт|Квитанция|Заявление|Дата|Номер|Заказчик|Товар|Кол-во|Цена|Сумма|Подытог|НДС|Итого|Имя|Адрес"
    "|Город|Телефон|Рисунок|Определение|Пример|Упражнение|Литература|Аннотация|Год",
    "ar": "فاتورة|إيصال|استمارة|التاريخ|رقم|العميل|الصنف|الكمية|السعر|المبلغ|المجموع الفرعي|الضريبة|المجموع"
    "|الاسم|العنوان|المدينة|الهاتف|الشكل|تعريف|مثال|تمرين|المراجع|الملخص|السنة",
    "zh": "发票|收据|申请表|日期|编号|客户|名称|数量|单价|金额|小计|税额|合计|姓名|地址|城市|电话|图|定义|例"
    "|练习|参考文献|摘要|年份",
    "ja": "請求書|領収書|申込書|日付|番号|お客様|品名|数量|単価|金額|小計|消費税|合計|氏名|住所|市区町村|電話"
    "|図|定義|例|練習問題|参考文献|要旨|年",
    "ko": "청구서|영수증|신청서|날짜|번호|고객|품목|수량|단가|금액|소계|세금|합계|이름|주소|도시|전화|그림"
    "|정의|예제|연습문제|참고문헌|요약|연도",
}  # fmt: skip
PHRASES = {language: dict(zip(_KEYS, told.split("|"), strict=True)) for language, told in _TOLD.items()}
SURNAMES = [
    "Adler",
    "Baker",
    "Costa",
    "Diaz",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Kim",
    "Larsen",
    "Moreau",
    "Nguyen",
    "Okafor",
    "Petrov",
    "Rossi",
    "Sato",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weber",
    "Xu",
    "Yilmaz",
    "Zhang",
]
