//! One font program for two fonts: the page's regular font and the field font are subsets of the same file, and the field font's
//! has all that the page needs. The page's codes are led to its glyphs by a map (ISO 32000-1, 9.7.4.2, `CIDToGIDMap`).

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId, Stream};

use crate::document::{Objects, compressed};
use crate::fields::to_unicode;

/// The longest table of codes that printpdf writes.
const LIMIT: usize = 1 << 20;

/// Has the composite font `font` take its glyphs from the program `program`, in which `glyphs` says where each character is. Leaves
/// it as it is when a code stands for anything but one of those characters, as a ligature does.
pub(crate) fn share(objects: &mut Objects, font: ObjectId, program: ObjectId, glyphs: &BTreeMap<char, u16>) {
    let Some(codes) = shorten(objects, font) else { return };
    let Some(map) = codes_to_glyphs(&codes, glyphs) else { return };
    let Some(mut composite) = objects.dictionary(font).cloned() else { return };
    // printpdf writes the one descendant within the font.
    let Ok(Object::Array(descendants)) = composite.get_mut(b"DescendantFonts") else { return };
    let Some(Object::Dictionary(own)) = descendants.first_mut() else { return };
    let Ok(Object::Reference(descriptor)) = own.get(b"FontDescriptor") else { return };
    let descriptor = *descriptor;
    let Some(mut described) = objects.dictionary(descriptor).cloned() else { return };
    let Ok(Object::Reference(replaced)) = described.get(b"FontFile2") else { return };
    objects.remove(*replaced);
    described.set("FontFile2", program);
    objects.set(descriptor, described);
    own.set("CIDToGIDMap", objects.add(compressed(Stream::new(Dictionary::new(), map))));
    objects.set(font, composite);
}

/// Writes a font's table from codes to characters anew: printpdf's says the same at three times the length. Answers the codes.
pub(crate) fn shorten(objects: &mut Objects, font: ObjectId) -> Option<Vec<(u16, char)>> {
    let (table, codes) = codes_of(objects, font)?;
    objects.set(table, compressed(to_unicode(2, codes.iter().copied())));
    Some(codes)
}

/// Gives a composite font's subset the name of one: six capital letters before the plus sign (ISO 32000-1, 9.6.4), where printpdf
/// writes some of the font's own name.
pub(crate) fn name_subset(objects: &mut Objects, font: ObjectId, tag: &str) {
    assert!(tag.len() == 6 && tag.bytes().all(|it| it.is_ascii_uppercase()), "a subset's tag is six capital letters");
    let rename = |dict: &mut Dictionary, key: &str| {
        let name =
            dict.get(key.as_bytes()).and_then(Object::as_name).map(|it| String::from_utf8_lossy(it).into_owned());
        if let Some((_, own)) = name.as_ref().ok().and_then(|it| it.split_once('+')) {
            dict.set(key, format!("{tag}+{own}").as_str());
        }
    };
    let Some(mut composite) = objects.dictionary(font).cloned() else { return };
    rename(&mut composite, "BaseFont");
    if let Ok(Object::Array(descendants)) = composite.get_mut(b"DescendantFonts")
        && let Some(Object::Dictionary(own)) = descendants.first_mut()
    {
        rename(own, "BaseFont");
        if let Ok(Object::Reference(id)) = own.get(b"FontDescriptor")
            && let Some(mut descriptor) = objects.dictionary(*id).cloned()
        {
            rename(&mut descriptor, "FontName");
            objects.set(*id, descriptor);
        }
    }
    objects.set(font, composite);
}

/// Two bytes for each code from 0 up.
fn codes_to_glyphs(codes: &[(u16, char)], glyphs: &BTreeMap<char, u16>) -> Option<Vec<u8>> {
    let last = codes.iter().map(|(code, _)| usize::from(*code)).max()?;
    let mut map = vec![0; 2 * (last + 1)];
    for (code, letter) in codes {
        let at = 2 * usize::from(*code);
        map[at..at + 2].copy_from_slice(&glyphs.get(letter)?.to_be_bytes());
    }
    Some(map)
}

/// The table of a font from codes to characters: its object, and the codes in ascending order; `None` when a code stands for more
/// than one character.
fn codes_of(objects: &Objects, font: ObjectId) -> Option<(ObjectId, Vec<(u16, char)>)> {
    let id = objects.dictionary(font)?.get(b"ToUnicode").and_then(Object::as_reference).ok()?;
    let table = objects.stream(id)?.decompressed_content_with_limit(LIMIT).ok()?;
    let text = String::from_utf8(table).ok()?;
    let is_row = |it: &&str| it.starts_with('<') && !it.contains("<0000> <FFFF>");
    let code = |row: &str| {
        let (code, units) = row.strip_prefix('<')?.strip_suffix('>')?.split_once("> <")?;
        let letter = char::from_u32(u32::from_str_radix(units, 16).ok().filter(|_| units.len() == 4)?)?;
        Some((u16::from_str_radix(code, 16).ok()?, letter))
    };
    let mut codes: Vec<(u16, char)> = text.lines().map(str::trim).filter(is_row).map(code).collect::<Option<_>>()?;
    codes.sort_unstable();
    Some((id, codes)).filter(|(_, codes)| !codes.is_empty())
}
