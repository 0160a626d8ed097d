//! What a generated letter says, and how a reading is held against it.

use countersign_core::pin::{Pin, PinKind};
use countersign_mail::approval::ApprovalRequest;
use countersign_testkit::Seeded;

/// Somebody to add.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) pin: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) job: Option<String>,
}

impl User {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// What a letter says.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) account: String,
    pub(crate) approver: (String, String),
    pub(crate) security_pin: String,
    pub(crate) users: Vec<User>,
}

/// Names of several cultures; where two words could be parted in two ways, as the reader documents it.
const NAMES: &[(&str, &str)] = &[
    ("John", "Smith"),
    ("Maria", "Lopez"),
    ("Wei", "Zhang"),
    ("Priya", "Raman"),
    ("Olu", "Adeyemi"),
    ("Søren", "Weiß"),
    ("Zoë", "O’Brien-Łuk"),
    ("Liam", "O'Connor"),
    ("Jean-Luc", "Moreau"),
    ("Carlos", "de la Cruz"),
    ("Ingrid", "van der Berg"),
    ("Fatima", "al-Sayed"),
    ("Hélène", "d'Arcy"),
    ("Mary Ann", "Lee"),
    ("Hana", "Yoshida"),
    ("Min-jun", "Park"),
    ("Nkechi", "Obi"),
    ("Łukasz", "Żak"),
    ("Gökhan", "Yılmaz"),
    ("Tuấn", "Nguyễn"),
    ("Siobhán", "Ní Bhriain"),
    ("Björk", "Guðmundsdóttir"),
    ("Ana", "Fuentes"),
    ("José", "García"),
    ("Aisha", "Khan"),
    ("Kofi", "Mensah"),
    ("Dmitri", "Volkov"),
    ("Elena", "Rossi"),
    ("Luca", "Bianchi"),
    ("Sven", "Åkesson"),
    ("Ravi", "Iyer"),
    ("Mohammed", "bin Rashid"),
    ("Chloé", "Dubois"),
    ("Petra", "Schmidt"),
    ("Anders", "Ek"),
    ("Jo", "Wu"),
    ("Ludwig", "von Hagen"),
    ("Siti", "Nurhaliza"),
    ("Tane", "Mahuta"),
    ("Kateryna", "Bondar"),
    ("Владимир", "Петров"),
    ("Ελένη", "Παππά"),
    ("Grant", "Hill"),
    ("May", "Chen"),
    ("Thi My", "Tran"),
    ("William", "Price"),
    ("Beatriz", "dos Santos"),
    ("Tom", "Baker"),
    ("John Q.", "Public"),
    ("Peter", "Novak Jr"),
    ("Isabella", "Romano"),
    ("Yusuf", "Demir"),
    ("Amara", "Okafor"),
    ("Noah", "Fischer"),
    ("Greta", "Lindqvist"),
    ("Paulo", "Teixeira"),
];

const JOBS: &[&str] = &["Accounting", "IT", "Owner", "Head of Finance", "Operations"];

impl Truth {
    pub(crate) fn new(random: &mut Seeded) -> Self {
        let mut names: Vec<(&str, &str)> = NAMES.to_vec();
        random.shuffle(&mut names);
        let approver = names.pop().unwrap();
        let count = 1 + random.below(4) as usize;
        let users = names.iter().take(count).map(|name| user(name, random)).collect();
        let account = account(random);
        let digits = 4 + random.below(5) as usize;
        let security_pin = number(random, digits);
        Self { account, approver: (approver.0.into(), approver.1.into()), security_pin, users }
    }

    pub(crate) fn approver(&self) -> String {
        format!("{} {}", self.approver.0, self.approver.1)
    }

    /// What a request says otherwise than the truth; `None` when all of it agrees.
    pub(crate) fn difference(&self, request: &ApprovalRequest) -> Option<String> {
        self.difference_but_contacts(request).or_else(|| {
            let is_same = |(user, read): (&User, &countersign_core::submission::NewPerson)| {
                read.email.as_ref().map(|it| it.as_str()) == user.email.as_deref()
                    && read.phone.as_ref().map(|it| it.as_str()) == user.phone.as_deref()
                    && read.job == user.job.clone().unwrap_or_default()
            };
            let other = self.users.iter().zip(&request.users).find(|it| !is_same(*it))?.1;
            Some(format!("contacts: {:?} {:?} {}", other.email, other.phone, other.job))
        })
    }

    /// The same without addresses, phone numbers and roles.
    pub(crate) fn difference_but_contacts(&self, request: &ApprovalRequest) -> Option<String> {
        let users = self.users.len() == request.users.len()
            && self.users.iter().zip(&request.users).all(|(user, read)| is_user(user, read));
        self.difference_but_users(request).or_else(|| (!users).then(|| "users".to_owned()))
    }

    /// The same where users may be missing, but none be another.
    pub(crate) fn difference_of_some(&self, request: &ApprovalRequest) -> Option<String> {
        let is_known = |read| self.users.iter().any(|user| is_user(user, read));
        self.difference_but_users(request).or_else(|| (!request.users.iter().all(is_known)).then(|| "users".to_owned()))
    }

    fn difference_but_users(&self, request: &ApprovalRequest) -> Option<String> {
        let approver = (request.approver.first().to_owned(), request.approver.last().to_owned());
        let faults = [
            (request.account.as_str() != self.account, "account"),
            (!is_name(&self.approver, &approver), "approver"),
            (!is_pin(&request.security_pin, &self.security_pin, PinKind::Account), "security PIN"),
        ];
        faults.iter().find(|it| it.0).map(|it| it.1.to_owned())
    }
}

fn is_user(user: &User, read: &countersign_core::submission::NewPerson) -> bool {
    let name = (read.name.first().to_owned(), read.name.last().to_owned());
    let is_chosen = read.pin.chosen().is_some_and(|it| is_pin(it, &user.pin, PinKind::Person));
    is_chosen && is_name(&(user.first.clone(), user.last.clone()), &name)
}

/// The same words, in any case; where a particle in small letters begins the last name, the same parts as well.
fn is_name(one: &(String, String), two: &(String, String)) -> bool {
    let plain = |it: &str| it.to_lowercase().replace('.', "");
    let joined = |it: &(String, String)| plain(&format!("{} {}", it.0, it.1));
    let is_parted = one.1.starts_with(char::is_lowercase);
    joined(one) == joined(two) && (!is_parted || plain(&one.1) == plain(&two.1))
}

fn is_pin(pin: &Pin, text: &str, kind: PinKind) -> bool {
    pin.equals(&Pin::parse(text, kind).unwrap())
}

pub(crate) fn number(random: &mut Seeded, digits: usize) -> String {
    (0..digits).map(|_| char::from(b'0' + random.below(10) as u8)).collect()
}

fn account(random: &mut Seeded) -> String {
    let digits = number(random, 8);
    match random.below(6) {
        0 => format!("A-1{}", &digits[..6]),
        1 => format!("10-{}", &digits[..4]),
        2 => format!("7{}", &digits[..5]),
        3 => format!("C-5{}", &digits[..4]),
        4 => format!("FT-{}-{}", &digits[..4], &digits[4..7]),
        _ => format!("100-{}", &digits[..4]),
    }
}

fn user(name: &(&str, &str), random: &mut Seeded) -> User {
    let (first, last) = (name.0.to_owned(), name.1.to_owned());
    let digits = number(random, 4);
    User {
        pin: number(random, 4),
        email: (random.below(4) == 0).then(|| format!("user{digits}@fernhill.example")),
        phone: (random.below(6) == 0).then(|| format!("(555) 010-{digits}")),
        job: (random.below(6) == 0).then(|| JOBS[random.below(JOBS.len() as u64) as usize].to_owned()),
        first,
        last,
    }
}
