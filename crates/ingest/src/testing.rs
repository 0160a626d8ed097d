//! A small PDF put together from object texts, for the unit tests of this crate.

use std::fmt::Write;

/// Builds a PDF of one page whose objects 1 (catalog), 2 (page tree), 3 (page) and 4 (form) are there unless replaced.
pub(crate) struct PdfBuilder {
    objects: std::collections::BTreeMap<u32, String>,
    trailer: String,
}

impl PdfBuilder {
    /// A page without annotations, a form without fields.
    pub(crate) fn new() -> Self {
        Self { objects: Default::default(), trailer: String::new() }
            .object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>")
            .object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
            .object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>")
            .object(4, "<</Fields[]>>")
    }

    /// One text field whose `/V` is given in PDF syntax.
    pub(crate) fn with_text(name: &str, value: &str) -> Self {
        Self::with_field(&format!("/FT/Tx/T({name})/V {value}"))
    }

    /// One field, object 5, that is its own widget.
    pub(crate) fn with_field(entries: &str) -> Self {
        Self::with_fields(&[entries])
    }

    /// Fields from object 5 on that are their own widgets.
    pub(crate) fn with_fields(entries: &[&str]) -> Self {
        let numbers: String = (0..entries.len()).map(|at| format!("{} 0 R ", at + 5)).collect();
        let start = Self::new().form(&numbers).page(&numbers);
        entries.iter().zip(5..).fold(start, |pdf, (entries, number)| {
            let given = |key: &str, entry| if entries.contains(key) { "" } else { entry };
            let (rect, flags) = (given("/Rect", "/Rect[10 10 110 30]"), given("/F ", "/F 4"));
            pdf.object(number, &format!("<</Type/Annot/Subtype/Widget{rect}{flags}{entries}>>"))
        })
    }

    /// Sets the `/Fields` of the form.
    pub(crate) fn form(self, fields: &str) -> Self {
        self.object(4, &format!("<</Fields[{fields}]>>"))
    }

    /// Sets the `/Annots` of the page.
    pub(crate) fn page(self, annots: &str) -> Self {
        self.object(3, &format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Annots[{annots}]>>"))
    }

    /// Sets one object.
    pub(crate) fn object(mut self, number: u32, text: &str) -> Self {
        self.objects.insert(number, text.to_owned());
        self
    }

    /// Sets one stream, unfiltered.
    pub(crate) fn stream(self, number: u32, data: &str) -> Self {
        let text = format!("<</Length {}>>stream\n{data}\nendstream", data.len());
        self.object(number, &text)
    }

    /// Adds entries to the trailer.
    pub(crate) fn trailer(mut self, entries: &str) -> Self {
        self.trailer.push_str(entries);
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = "%PDF-1.7\n".to_owned();
        let mut rows = String::from("0 1\n0000000000 65535 f \n");
        for (number, text) in &self.objects {
            let _ = write!(rows, "{number} 1\n{:010} 00000 n \n", file.len());
            let _ = write!(file, "{number} 0 obj\n{text}\nendobj\n");
        }
        let size = self.objects.keys().max().map_or(1, |it| it + 1);
        let start = file.len();
        let _ = write!(file, "xref\n{rows}trailer\n<</Size {size}/Root 1 0 R{}>>\n", self.trailer);
        let _ = write!(file, "startxref\n{start}\n%%EOF\n");
        file.into_bytes()
    }
}
