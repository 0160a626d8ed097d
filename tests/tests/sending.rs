//! Letters handed to a relay: taken, refused, postponed, given up; a relay that is not there, and programs that die or meet.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use countersign_testkit::Ended;
use countersign_tests::Office;

/// What a relay says to mail for somebody: at RCPT, or, with a point before it, at the end of the letter. `cut`: nothing, and it hangs up.
type Manners = BTreeMap<&'static str, &'static str>;

/// A relay on this machine that knows its manners, and what it was given.
struct Relay {
    port: u16,
    manners: Arc<Mutex<Manners>>,
    taken: Arc<Mutex<Vec<(String, String)>>>,
    connections: Arc<Mutex<usize>>,
}

impl Relay {
    fn open(manners: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            manners: Arc::new(Mutex::new(manners.iter().copied().collect())),
            taken: Arc::default(),
            connections: Arc::default(),
        };
        let (manners, taken, connections) = (relay.manners.clone(), relay.taken.clone(), relay.connections.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *connections.lock().unwrap() += 1;
                // Whoever hangs up has hung up.
                let _ended = converse(&stream, &manners, &taken);
            }
        });
        relay
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(to, _)| to.clone()).collect()
    }
}

/// SMTP as far as it is needed (RFC 5321, 4.1), with AUTH PLAIN.
fn converse(stream: &TcpStream, manners: &Mutex<Manners>, taken: &Mutex<Vec<(String, String)>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    let mut say = |line: &str| writer.write_all(format!("{line}\r\n").as_bytes()).ok();
    let manner = |to: &str| manners.lock().unwrap().get(to).copied();
    say(manner("greeting").unwrap_or("220 relay.our.example"))?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split([' ', ':']).next()?.to_ascii_uppercase().as_str() {
            "EHLO" => {
                say("250-relay.our.example")?;
                say("250 AUTH PLAIN")?;
            }
            "AUTH" => say(manner("login").unwrap_or("235 welcome"))?,
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                match manner(&to) {
                    Some("cut") => return None,
                    Some(reply) if !reply.starts_with('.') => say(reply)?,
                    _ => say("250 ok")?,
                }
            }
            "DATA" => {
                say("354 go on")?;
                let mut letter = String::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    letter.push_str(&line);
                }
                match manner(&to).and_then(|it| it.strip_prefix('.')) {
                    Some("cut") => return None,
                    Some(reply) => say(reply)?,
                    None => {
                        taken.lock().unwrap().push((to.clone(), letter));
                        say("250 taken")?;
                    }
                }
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("250 ok")?,
        }
    }
}

/// An office with an account for each of these names, whose letters go to this relay.
fn office(relay: &Relay, names: &[&str], more: &str) -> Office {
    let office = Office::open();
    let header =
        "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin\n";
    let account = |it: &&str| format!("B-{it},Customer {it},active,{it}@acme.example,Ann,Lee,,,719305\n");
    office.at.write("more.csv", header.to_owned() + &names.iter().map(account).collect::<String>());
    office.run("account import more.csv").done();
    let path = office.at.join("home/countersign.toml");
    let text = fs::read_to_string(&path).unwrap();
    let letters = format!(
        "\n[letters]\nfrom = \"letters@our.example\"\nname = \"Our Telecom\"\nobject = \"+1 555 010 0100\"\n\
         [letters.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n{more}",
        relay.port
    );
    fs::write(path, text + &letters).unwrap();
    for it in names {
        office.run(&format!("account close B-{it}")).done();
    }
    office
}

fn send(office: &Office, at: &str) -> Ended {
    office.at.run(&format!("--now {at} notices send"))
}

const NOON: &str = "2026-03-04T12:00:00Z";

fn in_folder(office: &Office, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(office.at.join(&format!("home/outbox{folder}"))).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|it| it.contains(".eml")).collect();
    names.sort();
    names
}

#[test]
fn each_letter_ends_as_the_relay_says() {
    let manners = [
        ("full@acme.example", "452 mailbox full"),
        ("gone@acme.example", "550 no such user"),
        ("cut@acme.example", "cut"),
        ("torn@acme.example", ".cut"),
        ("late@acme.example", ".451 try later"),
        ("spam@acme.example", ".554 we do not like it"),
    ];
    let relay = Relay::open(&manners);
    let office = office(&relay, &["ok", "full", "gone", "cut", "torn", "late", "spam", "fine"], "");
    let ended = send(&office, NOON);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    for said in ["sent 2 letters", "postponed 4 letters", "refused 2 letters"] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
    }
    assert_eq!(relay.taken(), ["ok@acme.example", "fine@acme.example"]);
    assert_eq!(in_folder(&office, "/sent").len(), 2);
    let refused = in_folder(&office, "/refused");
    assert_eq!(refused.len(), 4, "each with its reply: {refused:?}");
    let reply =
        |at: usize| fs::read_to_string(office.at.join(&format!("home/outbox/refused/{}", refused[at]))).unwrap();
    assert!(reply(1).contains("550") && reply(1).contains("no such user"), "{}", reply(1));
    assert!(reply(3).contains("we do not like it"), "{}", reply(3));
    let listed = office.run("notices list").done();
    assert_eq!((listed.matches("postponed").count(), listed.matches("refused").count()), (4, 2), "{listed}");
    assert!(listed.contains("full@acme.example") && listed.contains("mailbox full"), "{listed}");
    for line in office.run("notices list --json").done().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["to"].as_str().unwrap().ends_with("@acme.example"), "{line}");
    }
}

#[test]
fn a_postponed_letter_waits_for_its_time_and_is_then_the_same() {
    let relay = Relay::open(&[("full@acme.example", "452 mailbox full")]);
    let office = office(&relay, &["full"], "");
    let letter = in_folder(&office, "").remove(0);
    let bytes = fs::read(office.at.join(&format!("home/outbox/{letter}"))).unwrap();
    send(&office, NOON).done();
    let connections = *relay.connections.lock().unwrap();
    send(&office, "2026-03-04T12:04:59Z").done();
    assert_eq!(*relay.connections.lock().unwrap(), connections, "nobody is asked before it is time");
    relay.manners.lock().unwrap().clear();
    send(&office, "2026-03-04T12:05:00Z").done();
    assert_eq!(in_folder(&office, ""), [""; 0], "nor is a note left");
    let (_, taken) = relay.taken.lock().unwrap()[0].clone();
    assert_eq!(taken.trim_end(), String::from_utf8(bytes).unwrap().trim_end());
}

#[test]
fn a_letter_is_given_up_after_five_days() {
    let relay = Relay::open(&[("full@acme.example", "452 mailbox full")]);
    let office = office(&relay, &["full"], "");
    send(&office, NOON).done();
    send(&office, "2026-03-09T11:59:59Z").done();
    assert_eq!(in_folder(&office, "").len(), 2, "the letter and what is noted of it");
    let ended = send(&office, "2026-03-11T12:00:00Z");
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    let refused = in_folder(&office, "/refused");
    let reply = fs::read_to_string(office.at.join(&format!("home/outbox/refused/{}", refused[1]))).unwrap();
    assert!(reply.contains("given up after five days") && reply.contains("mailbox full"), "{reply}");
    assert!(in_folder(&office, "").is_empty());
}

#[test]
fn a_relay_that_is_not_there_costs_no_letter_a_try() {
    let relay = Relay::open(&[("login", "535 wrong password"), ("greeting", "220 here")]);
    let login = "user = \"us\"\npassword_file = \"relay.password\"\n";
    let office = office(&relay, &["ok", "fine"], login);
    let told = send(&office, NOON).failed(3);
    assert!(told.contains("cannot read the relay's password"), "{told}");
    let file = office.at.write("home/relay.password", "secret-of-the-relay\n");
    let told = send(&office, NOON).failed(2);
    assert!(told.contains("can be read by other users: chmod 600"), "{told}");
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let told = send(&office, NOON).failed(3);
    assert!(told.contains("wrong password") && told.contains("they wait in the outbox"), "{told}");
    assert!(!told.contains("secret-of-the-relay"), "{told}");
    relay.manners.lock().unwrap().insert("greeting", "554 not today");
    send(&office, NOON).failed(3);
    assert_eq!(in_folder(&office, "").len(), 2, "no letter is touched");
    relay.manners.lock().unwrap().clear();
    send(&office, NOON).done();
    assert_eq!(relay.taken().len(), 2);
}

#[test]
fn a_letter_that_was_sent_and_not_moved_is_sent_again_under_the_same_id() {
    let relay = Relay::open(&[]);
    let office = office(&relay, &["ok"], "");
    send(&office, NOON).done();
    let letter = in_folder(&office, "/sent").remove(0);
    let outbox = office.at.join("home/outbox");
    fs::rename(outbox.join("sent").join(&letter), outbox.join(&letter)).unwrap();
    send(&office, NOON).done();
    send(&office, NOON).done();
    let taken = relay.taken.lock().unwrap();
    assert_eq!((taken.len(), &taken[0]), (2, &taken[1]));
    let ids = taken.iter().filter_map(|(_, it)| it.lines().find(|it| it.starts_with("Message-ID: <")));
    assert_eq!(ids.count(), 2);
}

#[test]
fn two_programs_do_not_send_at_once() {
    let relay = Relay::open(&[]);
    let office = office(&relay, &["ok"], "");
    let lock = File::create(office.at.join("home/outbox/send.lock")).unwrap();
    lock.lock().unwrap();
    let told = send(&office, NOON).failed(3);
    assert!(told.contains("another program is sending"), "{told}");
    assert!(relay.taken().is_empty());
    drop(lock);
    send(&office, NOON).done();
    assert_eq!(relay.taken().len(), 1);
}

#[test]
fn nothing_is_sent_without_a_relay_or_in_the_clear() {
    let relay = Relay::open(&[]);
    let office = office(&relay, &["ok"], "");
    let path = office.at.join("home/countersign.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("127.0.0.1", "relay.our.example")).unwrap();
    assert!(send(&office, NOON).failed(2).contains("only where the host is localhost"));
    // A relay that does not offer STARTTLS gets no letter.
    fs::write(&path, text.replace("tls = \"none\"", "tls = \"starttls\"")).unwrap();
    assert!(send(&office, NOON).failed(3).contains("STARTTLS"));
    fs::write(&path, text.rsplit_once("[letters.smtp]").unwrap().0).unwrap();
    assert!(send(&office, NOON).failed(2).contains("lacks [letters.smtp]"));
    assert!(relay.taken().is_empty());
    assert_eq!(in_folder(&office, "").len(), 1);
}
