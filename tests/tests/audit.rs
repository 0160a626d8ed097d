//! The audit trail against somebody who holds its file: every edit, cut and swap is found, or is found against a printed head.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::sync::OnceLock;

use countersign_core::audit::{AuditEvent, AuditHead, AuditRow};
use countersign_core::store::AccountStore;
use countersign_store::SqliteStore;
use countersign_testkit::Ended;
use countersign_tests::{Answers, Office};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

const COLUMNS: [&str; 8] = ["seq", "at", "what", "who", "account", "evidence", "previous", "hash"];

/// An office with tens of audit rows, the file of its store as it was, and the head that was printed then.
struct Scene {
    office: Office,
    whole: Vec<u8>,
    head: String,
    rows: i64,
}

/// The store's file and its head after a busy day; made once.
fn busy_day() -> &'static (Vec<u8>, Vec<u8>, String) {
    static DAY: OnceLock<(Vec<u8>, Vec<u8>, String)> = OnceLock::new();
    DAY.get_or_init(|| {
        let office = Office::open();
        for at in 0..12 {
            let wish = Answers::complete().with("add.1.first_name", ["Ann", "Ben", "Cleo"][at % 3]);
            let wish = if at % 4 == 3 { wish.with("signer.security_pin", "604812") } else { wish };
            office.receive(&format!("{at}.pdf"), &wish);
        }
        office.run("ingest returned").done();
        let call = "caller --account A-1001101 --first-name Margaret --last-name Henley --by Tess --pin-fd 0";
        for _ in 0..8 {
            office.at.run_with(call, "719305\n", &[]).done();
        }
        let head = head_in(&office.run("audit verify").done());
        let store = office.at.join("home/store.sqlite");
        let db = Connection::open(&store).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(db);
        let key = std::fs::read(office.at.join("home/vault.key")).unwrap();
        (std::fs::read(store).unwrap(), key, head)
    })
}

/// The head as `audit verify` prints it.
fn head_in(shown: &str) -> String {
    let (_, rest) = shown.split_once("\nhead ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

impl Scene {
    fn open() -> Self {
        let (whole, key, head) = busy_day();
        let office = Office::open();
        std::fs::write(office.at.join("home/vault.key"), key).unwrap();
        let rows = head.split(':').next().unwrap().parse().unwrap();
        let scene = Self { office, whole: whole.clone(), head: head.clone(), rows };
        scene.restore();
        scene
    }

    fn restore(&self) {
        for beside in ["store.sqlite-wal", "store.sqlite-shm"] {
            drop(std::fs::remove_file(self.office.at.join("home").join(beside)));
        }
        std::fs::write(self.office.at.join("home/store.sqlite"), &self.whole).unwrap();
    }

    /// Restores the file and lets somebody at it who knows SQL; their triggers are no obstacle.
    fn attack(&self, attack: impl FnOnce(&Connection)) {
        self.restore();
        let db = Connection::open(self.office.at.join("home/store.sqlite")).unwrap();
        db.execute_batch("DROP TRIGGER audit_is_not_edited; DROP TRIGGER audit_is_not_cut;").unwrap();
        attack(&db);
    }

    fn verify(&self) -> Ended {
        self.office.run("audit verify")
    }

    fn verify_head(&self) -> Ended {
        self.office.run(&format!("audit verify --head {}", self.head))
    }

    /// Rows at the ends of the trail and between.
    fn samples(&self) -> Vec<i64> {
        vec![1, self.rows / 3, self.rows - 1, self.rows]
    }

    fn trail(&self) -> Vec<AuditRow> {
        let mut store = SqliteStore::open(self.office.at.join("home/store.sqlite")).unwrap();
        store.audit_after(0, 10_000).unwrap()
    }
}

/// The refusal names the last row that is good.
#[track_caller]
fn broken_after(ended: Ended, row: i64) {
    let error = ended.failed(3);
    assert!(error.contains(&format!("broken after row {row}:")), "{error}");
}

/// The refusal says that the head is missing.
#[track_caller]
fn head_is_missing(ended: Ended) {
    let error = ended.failed(3);
    assert!(error.contains("does not hold the given head"), "{error}");
}

#[test]
fn an_untouched_trail_holds_its_printed_head() {
    let scene = Scene::open();
    assert!((30..200).contains(&scene.rows), "{}", scene.rows);
    scene.verify().done();
    scene.verify_head().done();
    // A head of the past stays true.
    let earlier = &scene.trail()[4];
    scene.office.run(&format!("audit verify --head 5:{}", earlier.hash)).done();
}

/// Every way to change one byte of a cell that is looked at here: the lowest bit of its first, middle and last byte.
fn edits(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(it) => {
            vec![Value::Integer(it ^ 1), Value::Integer(it ^ (1 << 16)), Value::Integer(it ^ (1 << 40))]
        }
        Value::Text(it) => {
            let flip = |at: usize| {
                let mut bytes = it.clone().into_bytes();
                bytes[at] ^= 1;
                String::from_utf8(bytes).ok().map(Value::Text)
            };
            [0, it.len() / 2, it.len() - 1].into_iter().filter_map(flip).collect()
        }
        // A row that concerns no account shall not come to concern one.
        _ => vec![Value::Text("A-1001101".to_owned())],
    }
}

#[test]
fn one_byte_of_any_cell_does_not_slip_through() {
    let scene = Scene::open();
    let mut seen = 0;
    for row in scene.samples() {
        for column in COLUMNS {
            scene.restore();
            let read = format!("SELECT {column} FROM audit WHERE seq = ?1");
            let cell = Connection::open(scene.office.at.join("home/store.sqlite"))
                .unwrap()
                .query_row(&read, [row], |it| it.get::<_, Value>(0))
                .unwrap();
            for edit in edits(&cell) {
                let mut is_written = false;
                scene.attack(|db| {
                    let write = format!("UPDATE audit SET {column} = ?1 WHERE seq = ?2");
                    // A number that is taken already is none to take.
                    is_written = db.execute(&write, params![edit, row]).is_ok();
                });
                if !is_written {
                    continue;
                }
                seen += 1;
                // A cell that is no such value any more is named with its row; any other with the row before.
                let error = scene.verify().failed(3);
                let (before, itself) = (format!("broken after row {}:", row - 1), format!("audit, row {row}:"));
                let is_named = error.contains(&before) || error.contains(&itself);
                let is_moved = column == "seq" && error.contains("broken after row");
                assert!(is_named || is_moved, "row {row}, {column}, {cell:?} to {edit:?}: {error}");
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_row_cut_out_is_found() {
    let scene = Scene::open();
    for row in [1, 2, scene.rows / 2, scene.rows - 1] {
        scene.attack(|db| assert_eq!(db.execute("DELETE FROM audit WHERE seq = ?1", [row]).unwrap(), 1));
        broken_after(scene.verify(), row - 1);
        // Closing the gap does not help.
        scene.attack(|db| {
            db.execute("DELETE FROM audit WHERE seq = ?1", [row]).unwrap();
            for later in row + 1..=scene.rows {
                db.execute("UPDATE audit SET seq = ?1 WHERE seq = ?2", [later - 1, later]).unwrap();
            }
        });
        broken_after(scene.verify(), row - 1);
    }
}

#[test]
fn two_rows_swapped_are_found() {
    let scene = Scene::open();
    for (one, other) in [(1, 2), (scene.rows / 2, scene.rows / 2 + 1), (3, scene.rows)] {
        scene.attack(|db| {
            for (from, to) in [(one, 1_000_000), (other, one), (1_000_000, other)] {
                assert_eq!(db.execute("UPDATE audit SET seq = ?1 WHERE seq = ?2", [to, from]).unwrap(), 1);
            }
        });
        broken_after(scene.verify(), one - 1);
    }
}

#[test]
fn a_row_put_between_or_at_the_end_is_found() {
    let scene = Scene::open();
    scene.attack(|db| {
        let copy = "INSERT INTO audit SELECT seq + 1, at, what, who, account, evidence, previous, hash
                    FROM audit ORDER BY seq DESC LIMIT 1";
        assert_eq!(db.execute(copy, []).unwrap(), 1);
    });
    broken_after(scene.verify(), scene.rows);
}

#[test]
fn what_is_cut_off_the_end_is_found_against_a_printed_head() {
    let scene = Scene::open();
    for rows in [1, 2, scene.rows / 2] {
        scene.attack(|db| {
            db.execute("DELETE FROM audit WHERE seq > ?1", [scene.rows - rows]).unwrap();
        });
        // The chain alone cannot know that it went on.
        scene.verify().done();
        head_is_missing(scene.verify_head());
    }
    // An empty trail under a store that is not empty is found without a head.
    scene.attack(|db| db.execute_batch("DELETE FROM audit").unwrap());
    let error = scene.verify().failed(3);
    assert!(error.contains("is empty, but the store has accounts"), "{error}");
}

/// Writes rows over those of the same number.
fn overwrite(db: &Connection, rows: &[AuditRow]) {
    for AuditRow { seq, event, previous, hash } in rows {
        let sql = "UPDATE audit SET who = ?1, evidence = ?2, previous = ?3, hash = ?4 WHERE seq = ?5";
        assert_eq!(db.execute(sql, params![event.who, event.evidence, previous, hash, seq.cast_signed()]).unwrap(), 1);
    }
}

/// The trail with another name in one row, sealed anew from there on.
fn forged(trail: &[AuditRow], row: usize) -> Vec<AuditRow> {
    let mut head = AuditHead::start();
    let seal = |old: &AuditRow| {
        let who = if old.seq == row as u64 { "somebody else".to_owned() } else { old.event.who.clone() };
        let new = head.seal(AuditEvent { who, ..old.event.clone() });
        head.follow(&new).unwrap();
        new
    };
    trail.iter().map(seal).collect()
}

#[test]
fn a_chain_sealed_anew_is_found_against_a_printed_head() {
    let scene = Scene::open();
    let trail = scene.trail();
    for row in [1, trail.len() / 2, trail.len()] {
        let forged = forged(&trail, row);
        scene.attack(|db| overwrite(db, &forged));
        // Whoever can write every row can make a chain that is one.
        scene.verify().done();
        head_is_missing(scene.verify_head());
        if row < trail.len() {
            // Half the work is found without a head: the next row still seals the row that was.
            scene.attack(|db| overwrite(db, &forged[row - 1..row]));
            broken_after(scene.verify(), row as i64);
        }
    }
}

#[test]
fn an_export_has_every_row_and_verifies_by_itself() {
    let scene = Scene::open();
    let exported = scene.office.run("audit export").done();
    assert_eq!(exported.lines().count() as i64, scene.rows);
    let mut head = AuditHead::start();
    for line in exported.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let event = AuditEvent {
            at: text("at").parse().unwrap(),
            what: text("what"),
            who: text("who"),
            account: row["account"].as_str().map(|it| it.parse().unwrap()),
            evidence: text("evidence"),
        };
        let seq = row["seq"].as_u64().unwrap();
        head.follow(&AuditRow { seq, event, previous: text("previous"), hash: text("hash") }).unwrap();
    }
    assert_eq!(format!("{}:{}", head.seq, head.hash), scene.head);
    let rest = scene.office.run(&format!("audit export --after {}", scene.rows - 3)).done();
    assert_eq!(rest.lines().collect::<Vec<_>>(), exported.lines().skip(scene.rows as usize - 3).collect::<Vec<_>>());
}
