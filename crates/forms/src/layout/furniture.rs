//! What stands around the sections: the head of the first page, the running head of the others, the foot of all.

use countersign_core::template::Rect;

use super::pen::{Pen, Style};
use super::{Ink, LayoutError, Node, PlacedPage, Run, Shape};
use crate::face::Weight;
use crate::logo::Logo;

const TITLE: Style = Style { size: 21.0, leading: 27.0, weight: Weight::Bold, ink: Ink::Body };
const NAME: Style = Style { size: 10.5, leading: 14.0, weight: Weight::Bold, ink: Ink::Accent };
const TAGLINE: Style = Style { size: 8.5, leading: 14.0, weight: Weight::Regular, ink: Ink::Muted };
const INTRO: Style = Style { size: 9.0, leading: 12.5, weight: Weight::Regular, ink: Ink::Body };
const SMALL: Style = Style { size: 7.5, leading: 10.5, weight: Weight::Regular, ink: Ink::Muted };
const CONTACT: Style = Style { weight: Weight::Bold, ink: Ink::Body, ..SMALL };

/// Sides of the QR code, on the first page and on the others.
const QR_SIDE: f32 = 58.0;
const SMALL_QR_SIDE: f32 = 34.0;
/// Height of the logo, and how wide it may be.
const LOGO_HEIGHT: f32 = 17.0;
const LOGO_WIDTH: f32 = 160.0;
/// The band at the top of every page.
const BAND: f32 = 6.0;
const GAP: f32 = 8.0;
/// How far head and foot reach into the margins above and below.
const RISE: f32 = 14.0;
/// Room for the page number, at the right of the foot.
const PAGE_MARK: f32 = 60.0;
/// Size of the instance id in letters, in the running head.
const NUMBER: (f32, f32) = (196.0, 7.0);

impl Pen<'_> {
    /// How far down the text of the foot begins.
    fn foot_top(&self) -> f32 {
        let width = self.width() - PAGE_MARK;
        let lines = 1 + self.faces.wrap(SMALL.weight, &self.template.texts.footer, SMALL.size, width).len();
        self.template.page.height - self.template.page.margin + RISE - lines as f32 * SMALL.leading
    }

    fn begin_page(&mut self, qr_side: f32) {
        let page = &self.template.page;
        let qr = self.rect(self.right() - qr_side, page.margin - RISE - 2.0, qr_side, qr_side);
        self.lowest = self.foot_top() - 6.0;
        self.y = page.margin - RISE;
        self.layout.pages.push(PlacedPage { runs: Vec::new(), qr, number: None, signature: None });
        let band = self.rect(0.0, 0.0, self.template.page.width, BAND);
        self.decorate(vec![Shape::Band(band, Ink::Accent)]);
    }

    /// The head of the first page: who sends the form, what it is, what to do with it.
    pub(super) fn head(&mut self, logo: Option<&Logo>) -> Result<(), LayoutError> {
        self.begin_page(QR_SIDE);
        let (provider, texts) = (&self.template.provider, &self.template.texts);
        let width = self.width() - QR_SIDE - 2.0 * GAP;
        let mut left = self.left();
        if let Some(logo) = logo {
            let rect = self.logo_rect(logo);
            let mark = self.leaf("Figure", vec![Shape::Logo(rect)]);
            let alternative = provider.name.clone();
            self.layout.tree.push(Node::Figure { alternative, rect, mark });
            left = rect.right + GAP;
        }
        let room = self.left() + width;
        let y = self.y + (LOGO_HEIGHT - NAME.leading) / 2.0;
        let mut shapes = vec![self.line_within(&provider.name, NAME, left, y, room - left)?];
        if !provider.tagline.is_empty() {
            let after = left + self.faces.width(NAME.weight, &provider.name, NAME.size) + GAP;
            shapes.push(self.line_within(&provider.tagline, TAGLINE, after, y, room - after)?);
        }
        self.text_element("P", shapes);
        self.y += LOGO_HEIGHT + 2.0;
        let title = self.line_within(&texts.title, TITLE, self.left(), self.y, width)?;
        self.text_element("H1", vec![title]);
        self.y += TITLE.leading + 1.0;
        let (intro, height) = self.paragraph(&texts.intro, INTRO, self.left(), self.y, width)?;
        self.text_element("P", intro);
        let qr = self.page().qr;
        let below_qr = self.height_at(qr.bottom);
        self.y = (self.y + height).max(below_qr) + GAP;
        self.highest = self.y;
        Ok(())
    }

    fn logo_rect(&self, logo: &Logo) -> Rect {
        let width = (LOGO_HEIGHT * logo.width / logo.height).min(LOGO_WIDTH);
        let height = width * logo.height / logo.width;
        self.rect(self.left(), self.y + (LOGO_HEIGHT - height) / 2.0, width, height)
    }

    /// The head of the other pages: the form's title and number again. A screen reader heard them on the first page.
    pub(super) fn running_head(&mut self) -> Result<(), LayoutError> {
        self.begin_page(SMALL_QR_SIDE);
        let (provider, texts) = (&self.template.provider, &self.template.texts);
        let width = self.width() - SMALL_QR_SIDE - 2.0 * GAP;
        let name = self.line_within(&provider.name, NAME, self.left(), self.y, width)?;
        let after = self.left() + self.faces.width(NAME.weight, &provider.name, NAME.size) + GAP;
        let title = self.line_within(&texts.title, TAGLINE, after, self.y, self.left() + width - after)?;
        self.decorate(vec![name, title]);
        let number = self.rect(self.left(), self.y + NAME.leading + 3.0, NUMBER.0, NUMBER.1);
        self.page().number = Some(number);
        let qr = self.page().qr;
        self.y = self.height_at(qr.bottom) + GAP;
        self.highest = self.y;
        Ok(())
    }

    /// The foot of every page. Its text is read once, at the end; page numbers stand where there are several pages.
    pub(super) fn feet(&mut self) -> Result<(), LayoutError> {
        let provider = &self.template.provider;
        let contact = format!("{}  ·  {}  ·  {}", provider.name, provider.support_email, provider.support_phone);
        let (left, right, width) = (self.left(), self.right(), self.width() - PAGE_MARK);
        let from = self.foot_top();
        let pages = self.layout.pages.len();
        for at in 0..pages {
            let rule = Shape::Rule { left, right, y: self.height_at(from - 3.0), ink: Ink::Line };
            let contact = self.line_within(&contact, CONTACT, left, from, width)?;
            let (footer, _) = self.paragraph(&self.template.texts.footer, SMALL, left, from + SMALL.leading, width)?;
            let mut plain = vec![rule];
            if pages > 1 {
                plain.push(self.page_mark(at + 1, pages, from)?);
            }
            let is_last = at + 1 == pages;
            if !is_last {
                plain.push(contact);
                plain.extend(footer);
                self.layout.pages[at].runs.push(Run { mark: None, shapes: plain });
                continue;
            }
            self.decorate(plain);
            self.text_element("P", vec![contact]);
            if !footer.is_empty() {
                self.text_element("P", footer);
            }
        }
        Ok(())
    }

    fn page_mark(&self, page: usize, pages: usize, y: f32) -> Result<Shape, LayoutError> {
        let words = &self.template.texts.page;
        let text = words.replace("{page}", &page.to_string()).replace("{pages}", &pages.to_string());
        let width = self.faces.width(SMALL.weight, &text, SMALL.size);
        self.line_within(&text, SMALL, self.right() - width, y, self.width())
    }
}
