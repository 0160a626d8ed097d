//! A form of one's own, from the first copy to the first grant: `template new`, `check`, `preview`, `diff`.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use countersign_tests::{Answers, Office, fill, rows};

const QUESTION: &str = "
  [[section.field]]
  name = \"extra.order\"
  label = \"Order number (optional)\"
  span = 3
  max_length = 20
";

/// An office with a form of its own, whose provider section is filled in.
fn office() -> Office {
    let office = Office::open();
    office.run("template new acme").done();
    edit(
        &office,
        "acme",
        &[
            ("Your Company", "Acme Cables"),
            ("forms@your-company.example", "forms@acme.example"),
            ("+1 555 0100 000", "+1 555 010 0999"),
        ],
    );
    office
}

fn edit(office: &Office, name: &str, edits: &[(&str, &str)]) {
    let path = format!("home/templates/{name}.toml");
    let mut text = fs::read_to_string(office.at.join(&path)).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} stands in {path}");
        text = text.replacen(from, to, 1);
    }
    office.at.write(&path, text);
}

/// The same form as version 2, with a question more.
fn add_version(office: &Office) {
    let text = fs::read_to_string(office.at.join("home/templates/acme.toml")).unwrap();
    office.at.write("home/templates/acme-2.toml", text.replacen("version = 1", "version = 2", 1));
    let before = "\n  [[section.field]]\n  name = \"signer.title\"";
    edit(office, "acme-2", &[(before, &format!("{QUESTION}{before}"))]);
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_form_of_ones_own_is_begun_filled_in_sent_and_carried_out() {
    let office = office();
    let checked = office.run("template check home/templates/acme.toml").done();
    assert!(checked.starts_with("good acme/1: 47 fields on 1 page\n"), "{checked}");
    assert!(!checked.contains("filled in"), "{checked}");
    add_version(&office);
    office.run("template check home/templates/acme.toml home/templates/acme-2.toml").done();
    office.run("blank --account A-1001101 --template acme -o outbox").done();
    let manifest = rows(&office.at.join("outbox/manifest.csv"));
    assert_eq!((manifest[0]["template"].as_str(), manifest[0]["version"].as_str()), ("acme", "2"));
    let blank = fs::read(office.at.join("outbox").join(&manifest[0]["file"])).unwrap();
    office.at.write("returned/form.pdf", fill(&blank, &Answers::complete().with("extra.order", "4471")));
    office.run("ingest returned").done();
    let accepted = office.report("accepted");
    assert_eq!((accepted.len(), accepted[0]["form_template"].as_str()), (1, "acme"));
    assert_eq!(accepted[0]["first_name"], "Robert");
}

#[test]
fn nothing_is_written_over_and_no_id_is_had_twice() {
    let office = Office::open();
    let told = office.run("template new acme").done();
    assert!(told.contains("`name` is still to be filled in"), "{told}");
    let file = office.at.join("home/templates/acme.toml");
    let first = fs::read_to_string(&file).unwrap();
    assert!(first.contains("# TO FILL IN: who you are") && first.contains("# in points, 1/72 inch"), "comments stay");
    for (wrong, expected) in [
        ("acme", "there is a template acme already"),
        ("Acme", "is no id of a template"),
        ("authorized-user", "there is a template authorized-user already"),
        ("authorized-user-es -o elsewhere", "there is a template authorized-user-es already"),
        ("other --from authorized-user-es/1", "is a translation of authorized-user/1"),
        ("other --from authorized-user/9", "there are acme/1, authorized-user/1"),
    ] {
        let error = office.run(&format!("template new {wrong}")).failed(2);
        assert!(error.contains(expected), "{wrong}: {error}");
    }
    office.at.write("mine/other.toml", "my notes");
    assert!(office.run("template new other -o mine").failed(2).contains("is there already"));
    assert_eq!(fs::read_to_string(office.at.join("mine/other.toml")).unwrap(), "my notes");
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
}

#[test]
fn fonts_and_logo_come_along_with_their_licences() {
    let office = Office::open();
    let fernhill =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/fernhill-telecom/fernhill-authorized-user.toml");
    office.run(&format!("template new acme --from {} -o mine", fernhill.display())).done();
    assert_eq!(names(&office.at.join("mine")), ["acme.toml", "fernhill.png", "fonts"].map(str::to_owned).into());
    let fonts = names(&office.at.join("mine/fonts"));
    assert!(fonts.contains("OpenSans-Bold.ttf") && fonts.contains("LICENSE.txt"), "{fonts:?}");
    let checked = office.run("template check mine/acme.toml").done();
    assert!(checked.starts_with("good acme/1: 79 fields on 2 pages"), "{checked}");
    // A logo of the same name that is there already is the author's own.
    let logo = "home/templates/northwind-hosting.svg";
    let svg = fs::read_to_string(office.at.join(logo)).unwrap();
    office.at.write("own/northwind-hosting.svg", svg.replacen("<svg", "<svg data-mine=\"\"", 1));
    let told = office.run("template new second -o own").done();
    assert!(told.contains("northwind-hosting.svg was there, is another file"), "{told}");
    assert!(fs::read_to_string(office.at.join("own/northwind-hosting.svg")).unwrap().contains("data-mine"));
}

#[test]
fn several_files_are_checked_whatever_became_of_the_others() {
    let office = office();
    let broken = fs::read_to_string(office.at.join("home/templates/acme.toml")).unwrap();
    office.at.write("home/templates/broken.toml", broken.replacen("version = 1", "version = 0", 1));
    office.at.write("home/templates/twin.toml", &broken);
    let faint =
        broken.replacen("id = \"acme\"", "id = \"faint\"", 1).replacen("ink = \"#1c2733\"", "ink = \"#8090a0\"", 1);
    let line = 1 + faint[..faint.find("ink = \"#8090a0\"").unwrap()].matches('\n').count();
    office.at.write("faint/faint.toml", faint);
    for part in ["fonts/OpenSans-Regular.ttf", "fonts/OpenSans-Bold.ttf", "northwind-hosting.svg"] {
        let bytes = fs::read(office.at.join("home/templates").join(part)).unwrap();
        office.at.write(&format!("faint/{part}"), bytes);
    }
    let files = ["acme", "broken", "twin"].map(|it| format!("home/templates/{it}.toml")).join(" ");
    let ended = office.run(&format!("template check {files} faint/faint.toml"));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("broken.toml: the template has 1 mistake"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("twin.toml: home/templates/acme.toml beside it has the template acme/1"),
        "{}",
        ended.stderr
    );
    let warning = format!("warning: faint/faint.toml, line {line}: `ink` (#8090a0) has a contrast of 3.");
    assert!(ended.stdout.contains("good faint/1") && ended.stdout.contains(&warning), "{}", ended.stdout);
    office.run("template check faint/faint.toml").done();
}

/// A picture's width and height, and how many of its pixels within a part of it are dark. The part is in points from the top left.
fn dark(picture: &Path, dpi: u32, [left, top, right, bottom]: [f32; 4]) -> ((u32, u32), usize) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(picture).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channels = info.color_type.samples();
    let at = |points: f32| (points * dpi as f32 / 72.0) as usize;
    let is_dark = |x: usize, y: usize| {
        let from = (y * info.width as usize + x) * channels;
        pixels[from..from + 3].iter().all(|it| *it < 110)
    };
    let count = (at(top)..at(bottom)).map(|y| (at(left)..at(right)).filter(|x| is_dark(*x, y)).count()).sum();
    ((info.width, info.height), count)
}

#[test]
fn a_preview_shows_the_form_empty_and_with_the_longest_answers() {
    let office = office();
    let told = office.run("template preview home/templates/acme.toml --filled --dpi 72").done();
    assert!(told.contains("not to send") && told.contains("signer.email"), "{told}");
    let folder = office.at.join("preview-acme");
    let expected = ["PREVIEW.txt", "acme-1.pdf", "acme-1-page-1.png", "acme-1-filled.pdf", "acme-1-filled-page-1.png"];
    assert_eq!(names(&folder), expected.map(str::to_owned).into());
    let inspect = |name: &str| -> serde_json::Value {
        serde_json::from_str(&office.run(&format!("inspect --json preview-acme/{name}")).done()).unwrap()
    };
    let (empty, filled) = (inspect("acme-1.pdf"), inspect("acme-1-filled.pdf"));
    assert_eq!(empty["fields"]["form.instance"]["value"], "PREV-1EW0-PREV-1EW0-PREV-1EW0-PREV-1EW0");
    assert_eq!(filled["fields"]["signature.date"]["value"], "12/28/2028");
    // The boxes of account and signer are in the upper third: values stand there in one picture alone.
    let boxes = [45.0, 150.0, 400.0, 330.0];
    let (size, before) = dark(&folder.join("acme-1-page-1.png"), 72, boxes);
    let (_, after) = dark(&folder.join("acme-1-filled-page-1.png"), 72, boxes);
    assert_eq!(size, (612, 792));
    assert!(after > before + 250, "{before} dark pixels, then {after}");
    // The words in the place of the QR code, on both.
    let mark = [512.0, 24.0, 572.0, 84.0];
    assert!((100..1500).contains(&dark(&folder.join("acme-1-page-1.png"), 72, mark).1));
    office.run("template preview home/templates/acme.toml --dpi 144").done();
    assert_eq!(names(&folder), expected[..3].iter().map(|it| (*it).to_owned()).collect());
    assert_eq!(dark(&folder.join("acme-1-page-1.png"), 144, mark).0, (1224, 1584));
}

#[test]
fn a_preview_leaves_alone_what_others_wrote() {
    let office = office();
    office.at.write("preview-acme/acme-1.pdf", "somebody's");
    let error = office.run("template preview home/templates/acme.toml --dpi 36").failed(2);
    assert!(error.contains("acme-1.pdf is there and is not what an earlier preview wrote"), "{error}");
    assert_eq!(names(&office.at.join("preview-acme")), ["acme-1.pdf".to_owned()].into());
    office.run("template preview home/templates/acme.toml --dpi 36 -o look").done();
    assert!(office.at.join("look/acme-1-page-1.png").is_file());
}

#[test]
fn a_preview_that_was_sent_all_the_same_is_rejected() {
    let office = office();
    office.run("template preview home/templates/acme.toml --dpi 36").done();
    let account =
        [("number", "A-1001101"), ("name", "Henley Dental Group"), ("billing_email", "billing@henley.example")];
    let answers =
        account.iter().fold(Answers::complete(), |it, (part, value)| it.with(&format!("account.{part}"), value));
    let preview = fs::read(office.at.join("preview-acme/acme-1.pdf")).unwrap();
    office.at.write("returned/preview.pdf", fill(&preview, &answers));
    office.run("ingest returned").done();
    assert_eq!(office.report("accepted"), []);
    let rejected = office.report("rejected");
    assert!(rejected[0]["all_reasons"].contains("FORM_INSTANCE_INVALID"), "{rejected:?}");
}

#[test]
fn a_difference_is_told_with_what_it_means() {
    let office = office();
    add_version(&office);
    let told = office.run("template diff acme/1 acme/2").done();
    assert!(told.starts_with("acme/1 → acme/2\n"), "{told}");
    assert!(
        told.contains("extra.order: added \"Order number (optional)\", rule text, at most 20 characters, page 1"),
        "{told}"
    );
    assert!(told.contains("signer.title: moved"), "{told}");
    assert!(told.contains("acme/2 must be a version of its own, and is"), "{told}");
    let json: serde_json::Value = serde_json::from_str(&office.run("template diff --json acme/1 acme").done()).unwrap();
    assert_eq!(
        (&json["from"], &json["to"], &json["meaning"]),
        (&"acme/1".into(), &"acme/2".into(), &"versions".into())
    );
    assert!(json["changes"].as_array().unwrap().iter().any(|it| it["name"] == "extra.order" && it["key"] == "added"));
    let told = office.run("template diff authorized-user/1 authorized-user-es/1").done();
    assert!(told.contains("signer.title: label") && told.contains("one form in two languages"), "{told}");
    assert!(office.run("template diff acme/1 acme/3").failed(2).contains("acme/3 is no file and no template here"));
}

#[test]
fn a_version_that_is_out_and_was_changed_is_told_loudly() {
    let office = office();
    let text = fs::read_to_string(office.at.join("home/templates/acme.toml")).unwrap();
    let copy = |name: &str, from: &str, to: &str| -> PathBuf {
        assert!(text.contains(from));
        office.at.write(&format!("home/templates/{name}"), text.replacen(from, to, 1))
    };
    copy("changed.toml.new", "Acme Cables", "Acme Wires");
    copy("longer.toml.new", "valid_days = 90", "valid_days = 60");
    let changed = office.run("template diff acme/1 home/templates/changed.toml.new");
    assert_eq!(changed.code, 1);
    assert!(changed.stdout.contains("[provider]: name \"Acme Cables\" → \"Acme Wires\""), "{}", changed.stdout);
    assert!(changed.stderr.contains("warning: Both files say acme/1"), "{}", changed.stderr);
    let allowed = office.run("template diff acme/1 home/templates/longer.toml.new").done();
    assert!(allowed.contains("A version may take these changes while it is out"), "{allowed}");
    assert!(office.run("template diff acme/1 acme/1").done().contains("Nothing differs"));
}
