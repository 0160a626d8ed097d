//! What lies in a folder one morning: filled forms of several accounts, copies, broken files. The same bag can be laid out as
//! PDFs, or as transcripts that need no reading.

use std::path::Path;

use countersign_core::account::Account;
use countersign_core::store::{AccountStore, IssuedBlank};
use countersign_forms::Press;
use countersign_store::SqliteStore;
use countersign_testkit::{Workplace, bound_blank, event, generic_blank, vault_key};

use crate::honest::{render_generic, with_object_streams};
use crate::transcript::transcript;
use crate::{Answers, fill, measure};

/// Files of one morning, with the accounts and the issued blanks that they are about.
#[derive(Clone, Debug)]
pub struct Mailbag {
    /// The accounts; each has the owner of [`Answers::complete`] and the PIN [`measure::PIN`].
    pub accounts: Vec<Account>,
    /// The blanks: so many for each account, then one for everybody.
    pub issued: Vec<IssuedBlank>,
    /// The files, in the order of their names.
    pub mail: Vec<Mail>,
}

/// A file of one morning.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its name.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What a file is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A filled form.
    Form(Form),
    /// The bytes of an earlier file of the bag.
    Copy(usize),
    /// An earlier form of the bag, saved once more by another program.
    SavedAgain(usize),
    /// Something else.
    Bytes(Vec<u8>),
}

/// A filled form.
#[derive(Clone, Debug)]
pub struct Form {
    /// Which of the bag's accounts it names.
    pub account: usize,
    /// On which of the bag's blanks.
    pub blank: usize,
    /// What is written.
    pub answers: Answers,
}

impl Mailbag {
    /// An empty bag for so many accounts with so many bound blanks each.
    pub fn new(accounts: usize, blanks_each: usize) -> Self {
        let customers = (0..accounts).map(|at| measure::customer(at as u64).0.pin(measure::PIN).build());
        let accounts: Vec<Account> = customers.collect();
        let seeds = (1_000..).take(accounts.len() * blanks_each);
        let bound = accounts.iter().flat_map(|it| std::iter::repeat_n(it, blanks_each)).zip(seeds);
        let mut issued: Vec<IssuedBlank> = bound.map(|(it, seed)| bound_blank(it.number.as_str(), seed)).collect();
        issued.push(generic_blank(1));
        Self { accounts, issued, mail: Vec::new() }
    }

    /// Puts a file behind the others, and answers its place.
    pub fn put(&mut self, content: Content) -> usize {
        let at = self.mail.len();
        self.mail.push(Mail { name: format!("{at:05}.pdf"), content });
        at
    }

    /// Enters accounts and blanks into a store.
    ///
    /// # Panics
    /// When they are there already.
    pub fn furnish(&self, store: &mut dyn AccountStore) {
        store.remember_vault_key(&vault_key().id()).expect("the store can be written");
        store.add_accounts(&self.accounts, event("accounts imported")).expect("new accounts");
        store.issue_blanks(&self.issued, event("blanks issued")).expect("new blanks");
    }

    /// A home of the real program with the bag's accounts and blanks, and its files as PDFs in the folder `returned`.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn at_home(&self) -> Workplace {
        let at = Workplace::new();
        at.run("init").done();
        at.write("home/countersign.toml", "pin_cost = \"cheap-for-tests\"\n");
        at.write("home/vault.key", vault_key().to_file_text().as_bytes());
        self.furnish(&mut SqliteStore::open(at.join("home/store.sqlite")).expect("the home has a store"));
        self.lay_out_forms(&at.join("returned"), &measure::press());
        at
    }

    /// Lays the files out as transcripts.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn lay_out_transcripts(&self, folder: &Path) {
        let form = |it: &Form| transcript(&self.issued[it.blank], &self.accounts[it.account], &it.answers);
        self.lay_out(folder, form, |bytes| [bytes, b" "].concat());
    }

    /// Lays the files out as PDFs.
    ///
    /// # Panics
    /// When they cannot be made or written.
    pub fn lay_out_forms(&self, folder: &Path, press: &Press) {
        self.lay_out(folder, |it| self.filled(it, press), with_object_streams);
    }

    fn filled(&self, form: &Form, press: &Press) -> Vec<u8> {
        let (issued, account) = (&self.issued[form.blank], &self.accounts[form.account]);
        if issued.account.is_some() {
            return fill(&measure::blank(press, account, issued), &form.answers);
        }
        let header = [
            ("account.number", account.number.as_str()),
            ("account.name", &account.name),
            ("account.billing_email", account.billing_email.as_str()),
        ];
        let answers = header.into_iter().fold(form.answers.clone(), |it, (field, value)| it.with(field, value));
        fill(&render_generic(press, issued), &answers)
    }

    fn lay_out(&self, folder: &Path, form: impl Fn(&Form) -> Vec<u8>, saved_again: impl Fn(&[u8]) -> Vec<u8>) {
        std::fs::create_dir_all(folder).expect("a folder can be made");
        let mut written: Vec<Vec<u8>> = Vec::new();
        for Mail { name, content } in &self.mail {
            let bytes = match content {
                Content::Form(it) => form(it),
                Content::Copy(at) => written[*at].clone(),
                Content::SavedAgain(at) => saved_again(&written[*at]),
                Content::Bytes(bytes) => bytes.clone(),
            };
            std::fs::write(folder.join(name), &bytes).expect("a file can be written");
            written.push(bytes);
        }
    }
}

const PEOPLE: [(&str, &str); 10] = [
    ("Robert", "Ellison"),
    ("Zoe", "Brandt"),
    ("Ingrid", "Solberg"),
    ("Hugo", "Carvalho"),
    ("Priya", "Raman"),
    ("Tomas", "Novak"),
    ("Leila", "Haddad"),
    ("Owen", "Fitzgerald"),
    ("Kwame", "Mensah"),
    ("Yusuf", "Demir"),
];

/// Bound blanks that each of the five accounts of [`sixty_files`] has.
const BLANKS: usize = 24;

/// Sixty files for five accounts. One account's people add and remove each other, form after form; one account's PIN is
/// guessed until its budget is gone; the others have copies, downloads, used blanks and wrong values, and four files are none
/// of ours.
pub fn sixty_files() -> Mailbag {
    let mut bag = Mailbag::new(5, BLANKS);
    let generic = 5 * BLANKS;
    let owner = || Answers::signed_by(None);
    let wrong = |it: Answers, pin: &str| it.with("signer.security_pin", pin);
    let mut next = [0; 5];
    let mut form = |bag: &mut Mailbag, account: usize, answers: Answers| {
        let blank = account * BLANKS + next[account];
        next[account] += 1;
        bag.put(Content::Form(Form { account, blank, answers }))
    };
    // Each adds the next, who signs the next form; every third form has a wrong PIN, or is signed by somebody removed.
    form(&mut bag, 0, owner().adding(PEOPLE[0]));
    for at in 0..6 {
        let signer = Answers::signed_by(Some(PEOPLE[at]));
        form(&mut bag, 0, signer.clone().adding(PEOPLE[at + 1]));
        form(&mut bag, 1, wrong(owner().adding(PEOPLE[at]), &format!("40{at}719")));
        form(&mut bag, 0, owner().removing(PEOPLE[at]));
        form(&mut bag, 0, signer.adding(PEOPLE[at + 2]));
        form(&mut bag, 2, owner().adding(PEOPLE[at]));
    }
    form(&mut bag, 1, owner().adding(PEOPLE[0]));
    form(&mut bag, 0, wrong(owner().adding(PEOPLE[8]), "402719"));
    form(&mut bag, 0, wrong(owner().adding(PEOPLE[9]), "403719"));
    let accepted = form(&mut bag, 3, owner().adding(PEOPLE[0]));
    bag.put(Content::Copy(accepted));
    bag.put(Content::SavedAgain(accepted));
    let refused = form(&mut bag, 3, owner().adding(PEOPLE[1]).without("consent.full_privileges"));
    bag.put(Content::Copy(refused));
    for person in &PEOPLE[2..6] {
        let download = |account, answers| Content::Form(Form { account, blank: generic, answers });
        bag.put(download(4, owner().adding(*person)));
        bag.put(download(3, wrong(owner().adding(*person), "404719")));
    }
    // On a blank that was used up, and on one that another account was sent.
    bag.put(Content::Form(Form { account: 0, blank: 0, answers: owner().adding(PEOPLE[9]) }));
    bag.put(Content::Form(Form { account: 4, blank: 5 * BLANKS - 1, answers: Answers::default() }));
    bag.put(Content::Bytes(b"%PDF-1.7 and nothing of a PDF behind it".to_vec()));
    bag.put(Content::Bytes(b"Dear support, please see attached.".to_vec()));
    bag.put(Content::Bytes(Vec::new()));
    bag.put(Content::Bytes(vec![0x25; 5_000]));
    let first =
        bag.put(Content::Form(Form { account: 2, blank: 3 * BLANKS - 1, answers: owner().removing(PEOPLE[0]) }));
    bag.put(Content::SavedAgain(first));
    while bag.mail.len() < 60 {
        let at = bag.mail.len() % 3;
        form(&mut bag, 4, owner().adding(PEOPLE[6 + at]).removing(PEOPLE[2 + at]));
    }
    bag
}
