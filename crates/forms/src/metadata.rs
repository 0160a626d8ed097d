//! What a blank says about itself: the information dictionary and its twin in XMP (ISO 32000-1, 14.3; ISO 16684-1).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lopdf::{Dictionary, Stream, dictionary};

use crate::text_string::text_string;

/// What all blanks of a template say.
pub(crate) struct Metadata {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) language: String,
}

const PRODUCER: &str = concat!("Countersign ", env!("CARGO_PKG_VERSION"));

impl Metadata {
    /// The information dictionary.
    pub(crate) fn information(&self, issued: Timestamp) -> Dictionary {
        let date = TimeZone::UTC.to_datetime(issued).strftime("D:%Y%m%d%H%M%SZ").to_string();
        dictionary! {
            "Title" => text_string(&self.title),
            "Author" => text_string(&self.author),
            "Creator" => text_string(PRODUCER),
            "Producer" => text_string(PRODUCER),
            "CreationDate" => text_string(&date),
            "ModDate" => text_string(&date),
        }
    }

    /// The XMP packet.
    pub(crate) fn xmp(&self, issued: Timestamp) -> Stream {
        let [title, author, language] = [&self.title, &self.author, &self.language].map(|it| escape(it));
        let date = TimeZone::UTC.to_datetime(issued).strftime("%Y-%m-%dT%H:%M:%SZ");
        let packet = format!(
            r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
<pdf:Producer>{PRODUCER}</pdf:Producer>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#,
            bom = '\u{feff}',
        );
        let dict = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
        Stream::new(dict, packet.into_bytes()).with_compression(false)
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_break_out_of_the_packet() {
        let title = "A & B <script>".to_owned();
        let metadata = Metadata { title, author: "Lee".to_owned(), language: "en-US".to_owned() };
        let packet = String::from_utf8(metadata.xmp(Timestamp::UNIX_EPOCH).content).unwrap();
        assert!(packet.contains("A &amp; B &lt;script&gt;") && packet.contains("1970-01-01T00:00:00Z"));
        assert!(format!("{:?}", metadata.information(Timestamp::UNIX_EPOCH)).contains("D:19700101000000Z"));
    }
}
