//! What can be typed. The doc comment of each command and option is its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

/// Authorization forms out, returned forms in, grants applied, reports written.
///
/// A provider's customers ask with a PDF form for people to be added to, or removed from, their account. Countersign
/// makes the forms, reads the returned ones, decides each, applies the accepted ones, and reports on all of them.
///
/// To see it at work on sample data: countersign demo
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "A first day, step by step:
  countersign init                                  make a home: store, vault key, policy, template
  countersign account import accounts.csv           take over the accounts
  countersign blank --account A-1002947 -o outbox   make a form for one customer
  countersign ingest returned/ --dry-run            see what would be decided
  countersign ingest returned/                      decide, apply and report

Exit codes: 0 done; 1 done, with rejected or held forms, when --fail-on-reject was given; 2 wrong usage;
3 the run failed or does not reconcile.")]
pub(crate) struct Cli {
    /// The home directory: store, vault key, policy, templates.
    #[arg(long, global = true, env = "COUNTERSIGN_HOME", default_value = "countersign.d", value_name = "DIR")]
    pub(crate) home: PathBuf,

    /// The moment to work at, instead of the clock: RFC 3339, for tests and for looking back.
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a home directory: store, vault key, policy, template.
    Init,
    /// Run the whole story on sample data, in a directory of its own.
    Demo(DemoArgs),
    /// Import, add, list, show and close accounts; add people to them.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Make blank forms: for one account, for all of a CSV file, or generic ones.
    Blank(BlankArgs),
    /// Show what PDF forms say, field by field; with --json, one JSON line for each. Decides nothing.
    Inspect(InspectArgs),
    /// Read returned forms, decide each, apply the accepted ones, and write reports.
    Ingest(IngestArgs),
    /// Watch folders: read, decide and report what comes in, in small runs, until told to stop.
    ///
    /// A file is taken when it has come to rest: two looks found it the same, and it was not written just now. SIGTERM and Ctrl-C stop the
    /// watcher when the run that is under way has ended whole; killing it is safe too. What fails is tried again, less and less often.
    /// Exit code 0: stopped; 2: used wrongly; 3: something is wrong that waiting does not mend.
    Watch(WatchArgs),
    /// Show what a run decided, and what became of it since; without a run, list the newest ones.
    ///
    /// It comes from the store, so it is there when the files of the run are gone. Duplicates and ignored files stand in those alone.
    Report(ReportArgs),
    /// List, show and resolve forms that wait for a person.
    #[command(subcommand)]
    Held(HeldCommand),
    /// Make a form for a customer whose form was rejected or held: what was right stands in it, what has to be mended is marked.
    ///
    /// It opens with a page that says, in the customer's language, what to mend. PINs, consent and signature are empty. Who only
    /// guessed learns nothing: whatever was wrong with account, signer or Security PIN is one sentence. Send it to an address that is
    /// on the account, not to whoever sent the form.
    Correction(CorrectionArgs),
    /// List who was authorised, when and by which form; revoke privileges.
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Verify a caller's PIN at the phone desk: the owner's Security PIN, or an Authorized User's own.
    ///
    /// Wrong PINs count on the account's phone channel, which locks like that of the forms. Exit code 0: verified;
    /// 1: not verified. Every call is a row of the audit trail.
    Caller(CallerArgs),
    /// Add or remove an Authorized User for somebody on the phone, who says who they are and the account's Security PIN.
    ///
    /// The rules are those of the forms, the guesses those of the phone channel: a wrong PIN counts. Exit code 0: done; 1: refused.
    #[command(subcommand)]
    Phone(PhoneCommand),
    /// Make a user of an account an Authorized User, or an Authorized User a plain one, as the switch of the admin page does.
    #[command(subcommand)]
    User(UserCommand),
    /// List, write and send the letters that tell customers of changes and answer their forms.
    ///
    /// They are written by the commands that change accounts and decide forms, once countersign.toml has [letters].
    #[command(subcommand)]
    Notices(NoticesCommand),
    /// Look up issued blanks, and declare them void.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Check a policy, and try one on an old run.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Change the vault key.
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Begin, check, look at and compare form templates.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Prove that the audit trail is whole, and export it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Say which protections against hostile files are in force on this machine, and whether the home's watcher is alive.
    Doctor,
    /// Read forms from standard input in a process that is shut away; started by the program itself.
    #[command(hide = true)]
    Reader,
    /// Print a completion script for a shell: countersign completions bash > /etc/bash_completion.d/countersign
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The run: R-000012, or 12. Calls and changes at the console are runs too.
    pub(crate) run: Option<String>,
    /// Print a line for each form too.
    #[arg(long, requires = "run")]
    pub(crate) forms: bool,
    /// How many runs are listed.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "run")]
    pub(crate) last: u32,
    /// Print JSON lines: one for each form of a run, or for each run.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Where to run it; must be new or empty.
    #[arg(default_value = "countersign-demo")]
    pub(crate) dir: PathBuf,
    /// Make the home, the accounts and the returned forms, and leave the reading to you.
    #[arg(long)]
    pub(crate) only_prepare: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Take over accounts from a CSV file; all rows are checked before the first is taken.
    ///
    /// Columns: number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin.
    /// status is `active` or `closed`; owner_email and owner_phone may be empty. If any row is wrong, nothing is
    /// imported and every wrong row is named with its line. The PINs are kept as sealed verifiers only: delete the
    /// file when you are done.
    Import(ImportArgs),
    /// Take over more people of existing accounts from a CSV file.
    ///
    /// Columns: number,first_name,last_name,email,phone,standing,job,pin. standing is `authorized_user` or `user`;
    /// email, phone, job and pin may be empty. If any row is wrong, nothing is imported.
    ImportPeople(ImportPeopleArgs),
    /// Add one account; its Security PIN is asked for.
    Add(AccountAddArgs),
    /// Add a person to an account.
    #[command(subcommand)]
    Person(PersonCommand),
    /// List accounts.
    List(ListArgs),
    /// Show one account and everyone on it.
    Show(AccountNumberArgs),
    /// Close an account: it takes no more changes.
    Close(AccountNumberArgs),
    /// Change an account's primary billing email, to which notices go and from which a customer may ask for changes by email.
    ///
    /// The one before stays the address of record for 30 days, and requests from the new one wait for a person as long as the
    /// policy says: whoever took over an account begins with its address.
    SetBillingEmail(SetBillingEmailArgs),
    /// Change an account's Security PIN, which is asked for.
    ///
    /// Who asks for it, and how you know who they are, is yours to settle: the PIN before is not asked for. Forms and messages that carry
    /// the PIN before are rejected from now on. Wrong PINs that were counted stay counted: `account unlock` gives them back.
    SetPin(AccountSetPinArgs),
    /// Give an account the guesses of a channel back, after too many wrong PINs locked it.
    Unlock(UnlockArgs),
}

#[derive(Args, Debug)]
pub(crate) struct SetBillingEmailArgs {
    /// The account's number.
    #[arg(long)]
    pub(crate) account: String,
    /// The new address.
    #[arg(long)]
    pub(crate) email: String,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
}

#[derive(Args, Debug)]
pub(crate) struct AccountSetPinArgs {
    /// The account's number.
    #[arg(long)]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

/// Who does something by hand, and why: both stand in the audit trail.
#[derive(Args, Debug)]
pub(crate) struct StaffArgs {
    /// Your name, for the audit trail.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Why, in a few words, for the audit trail. Never a PIN.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
}

#[derive(Args, Debug)]
pub(crate) struct UnlockArgs {
    /// The account's number.
    pub(crate) number: String,
    /// The channel.
    #[arg(long, value_enum)]
    pub(crate) channel: ChannelArg,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ChannelArg {
    Form,
    Email,
    Phone,
    Console,
}

#[derive(Args, Debug)]
pub(crate) struct CallerArgs {
    /// The account that the caller names.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// The caller's first name.
    #[arg(long)]
    pub(crate) first_name: String,
    /// The caller's last name.
    #[arg(long)]
    pub(crate) last_name: String,
    /// Your name, for the audit trail.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

/// Where the originals of a run are looked for, besides where it read and archived them.
#[derive(Args, Debug, Default)]
pub(crate) struct OriginalsArgs {
    /// Look for the original in this file, folder or archive too.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Vec<PathBuf>,
    /// File with the age identity that opens the archive.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Go on where this machine cannot shut a reader away from files, network and system calls (`countersign doctor`).
    #[arg(long)]
    pub(crate) allow_weak_isolation: bool,
}

/// A request while somebody waits: for which account, who asks, and who takes it down.
#[derive(Args, Debug)]
pub(crate) struct WaitingArgs {
    /// The account.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// First name of the Account Owner or Authorized User who asks.
    #[arg(long, value_name = "NAME")]
    pub(crate) approver_first: String,
    /// Their last name.
    #[arg(long, value_name = "NAME")]
    pub(crate) approver_last: String,
    /// Their email address, as they say it: this or the phone number must be on record, where the account has one for them.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) approver_email: Option<String>,
    /// Their phone number, as they say it.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) approver_phone: Option<String>,
    /// Your name, for the audit trail.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Do it without asking once more.
    #[arg(long)]
    pub(crate) yes: bool,
    /// A JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Read the PINs as lines from this file descriptor: first the Security PIN, then, for somebody new, theirs.
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Make somebody an Authorized User.
    Add {
        #[command(flatten)]
        waiting: WaitingArgs,
        /// First name of the new Authorized User.
        #[arg(long, value_name = "NAME")]
        first: String,
        /// Their last name.
        #[arg(long, value_name = "NAME")]
        last: String,
        /// Their email address.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Their phone number.
        #[arg(long, value_name = "NUMBER")]
        phone: Option<String>,
        /// What they do at the customer's: owner, accounting, IT.
        #[arg(long, value_name = "TEXT", default_value = "")]
        role: String,
    },
    /// Take an Authorized User's privileges.
    Remove {
        #[command(flatten)]
        waiting: WaitingArgs,
        /// First name of the Authorized User.
        #[arg(long, value_name = "NAME")]
        first: String,
        /// Their last name.
        #[arg(long, value_name = "NAME")]
        last: String,
        /// Their email address, where several have this name.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List everybody on an account.
    List(AccountNumberArgs),
    /// Make a user an Authorized User; their PIN for phone calls is asked for, after the account's Security PIN.
    Promote {
        #[command(flatten)]
        waiting: WaitingArgs,
        /// The user, by their number in `user list`.
        #[arg(long, value_name = "NUMBER")]
        user: u32,
        /// Do not ask for their PIN: print a code, once, with which they choose it themselves (`user set-pin`).
        #[arg(long)]
        set_up_code: bool,
    },
    /// Print a new set-up code for an Authorized User who lost theirs, or forgot their PIN.
    ///
    /// Earlier codes are void; a PIN stays good until another is chosen. Hand the code to nobody but them.
    SetUpCode(SetUpCodeArgs),
    /// Choose the PIN for phone calls with a set-up code; both are asked for.
    ///
    /// A wrong code counts against the console channel of the account, and is in the audit trail.
    SetPin(SetPinArgs),
    /// Make an Authorized User a plain user; the account's Security PIN is asked for.
    Demote {
        #[command(flatten)]
        waiting: WaitingArgs,
        /// The user, by their number in `user list`.
        #[arg(long, value_name = "NUMBER")]
        user: u32,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SetUpCodeArgs {
    /// The account.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// The Authorized User, by their number in `user list`.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) user: u32,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
    /// A JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SetPinArgs {
    /// The account.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// The Authorized User, by their number in `user list`.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) user: u32,
    /// A JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Read the set-up code and the new PIN as two lines from this file descriptor.
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HeldCommand {
    /// List the forms that wait, oldest first.
    List(ListArgs),
    /// Show why a form waits, and what it says, in our words: never the picture that its sender made. PINs are masked.
    Show {
        /// The submission, as reports and `held list` name it: S-…
        submission: String,
        /// JSON instead of lines.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        originals: OriginalsArgs,
    },
    /// Accept, reject, or ask for a correction.
    ///
    /// An acceptance runs all rules again on the account of today. What the form was held for is waved through; what rejects a
    /// form rejects it all the same, and a wrong Security PIN ends it.
    Resolve(ResolveArgs),
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("how").required(true))]
pub(crate) struct ResolveArgs {
    /// The submission: S-…
    pub(crate) submission: String,
    /// Do what the form asks for, if rules and PIN allow it.
    #[arg(long, group = "how")]
    pub(crate) accept: bool,
    /// Refuse it.
    #[arg(long, group = "how")]
    pub(crate) reject: bool,
    /// Refuse it and print what to tell the customer, who sends another one.
    #[arg(long, group = "how")]
    pub(crate) ask_correction: bool,
    /// With --accept: who signed, where the name left that open, by their number in `held show`.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["reject", "ask_correction"])]
    pub(crate) signer: Option<u32>,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
    #[command(flatten)]
    pub(crate) originals: OriginalsArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CorrectionArgs {
    /// The submission, as reports and `held list` name it: S-…
    #[arg(long, value_name = "ID")]
    pub(crate) submission: String,
    /// Where the PDF goes, named after the submission; made if it is not there.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
    /// A JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) originals: OriginalsArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NoticesCommand {
    /// List the letters that wait, and those that the relay refused.
    List {
        /// One JSON line for each.
        #[arg(long)]
        json: bool,
    },
    /// Write the letters that are due: those of a command that was cut off.
    Write,
    /// Write the letters that are due, and hand all that wait to the relay of countersign.toml.
    ///
    /// What the relay takes goes to outbox/sent. What it refuses for good goes to outbox/refused, with its reply; then the exit code is 1.
    /// All else is tried again by the next `notices send`, after pauses that grow, for five days. Run it from cron or a timer.
    Send,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Show an issued blank by the id that is printed on it.
    Show {
        /// The id, with or without hyphens.
        instance: String,
    },
    /// Declare a blank void: forms that come back on it are rejected.
    Void {
        /// The id, with or without hyphens.
        instance: String,
        #[command(flatten)]
        staff: StaffArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check a policy file [default: the home's]; prints its digest.
    Check {
        /// The TOML file.
        file: Option<PathBuf>,
    },
    /// Decide an old run again under another policy, without writing anything, and print which forms would end otherwise.
    ///
    /// The forms are read again and decided on the accounts as they were before that run. Accounts and plain users that the
    /// staff added since, closed accounts and void blanks are taken as they are today.
    Try {
        /// The other policy.
        file: PathBuf,
        /// The run: R-000012, or 12.
        #[arg(long, value_name = "RUN")]
        run: String,
        /// One JSON line for each form that would end otherwise, then one with the sums.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        originals: OriginalsArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Make a new vault key and seal everything under it; no PIN needs to be known, forms that are out stay good.
    ///
    /// Stop other runs first. The old key is kept beside the new one as vault.key.old-…: backups of the store that were made
    /// before need it. Delete it when there are none.
    Rotate {
        /// Where the new key goes, when the key of today is in COUNTERSIGN_VAULT_KEY; must not exist.
        #[arg(long, value_name = "FILE")]
        new_key: Option<PathBuf>,
        #[command(flatten)]
        staff: StaffArgs,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The CSV file.
    pub(crate) file: PathBuf,
    /// Leave accounts that exist already as they are, instead of refusing the file.
    #[arg(long)]
    pub(crate) skip_existing: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ImportPeopleArgs {
    /// The CSV file.
    pub(crate) file: PathBuf,
    /// Leave people who are on their account already as they are, instead of refusing the file.
    #[arg(long)]
    pub(crate) skip_existing: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Add a person to an account.
    Add(PersonAddArgs),
}

#[derive(Args, Debug)]
pub(crate) struct PersonAddArgs {
    /// The account's number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    #[arg(long)]
    pub(crate) first_name: String,
    #[arg(long)]
    pub(crate) last_name: String,
    #[arg(long)]
    pub(crate) email: Option<String>,
    #[arg(long)]
    pub(crate) phone: Option<String>,
    /// Make them an Authorized User; their 4-digit PIN is asked for.
    #[arg(long)]
    pub(crate) authorized: bool,
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

#[derive(Args, Debug)]
pub(crate) struct AccountAddArgs {
    /// The account's number.
    #[arg(long)]
    pub(crate) number: String,
    /// The customer's name.
    #[arg(long)]
    pub(crate) name: String,
    /// The primary billing email.
    #[arg(long)]
    pub(crate) billing_email: String,
    #[arg(long)]
    pub(crate) owner_first_name: String,
    #[arg(long)]
    pub(crate) owner_last_name: String,
    #[arg(long)]
    pub(crate) owner_email: Option<String>,
    #[arg(long)]
    pub(crate) owner_phone: Option<String>,
    #[command(flatten)]
    pub(crate) pin: PinSource,
}

/// Where PINs come from: never the command line, where other users of the machine can read them.
#[derive(Args, Debug)]
pub(crate) struct PinSource {
    /// Read the PIN as one line from this file descriptor, instead of asking for it; where two are asked for, or a set-up code and a PIN, a
    /// line each.
    #[arg(long, value_name = "N")]
    pub(crate) pin_fd: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// One JSON line for each account.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AccountNumberArgs {
    /// The account's number.
    pub(crate) number: String,
    /// JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true))]
pub(crate) struct BlankArgs {
    /// For this account: prefilled, single use.
    #[arg(long, value_name = "NUMBER", group = "whom")]
    pub(crate) account: Option<String>,
    /// For every account of this CSV file, whose column `number` names them; a column `language` may say in which language.
    ///
    /// More than a thousand are put into folders of a thousand. If the command is cut off, the same command goes on where it was:
    /// accounts whose form is in the folder get no second one.
    #[arg(long, value_name = "FILE", group = "whom")]
    pub(crate) accounts: Option<PathBuf>,
    /// For nobody in particular: nothing prefilled, any number of uses.
    #[arg(long, group = "whom")]
    pub(crate) generic: bool,
    /// Where the PDFs and manifest.csv go; made if it is not there.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// The template, when the home has several.
    #[arg(long, value_name = "ID")]
    pub(crate) template: Option<String>,
    /// The language, of those that the template is translated into: `es`, `de-CH`.
    #[arg(long, value_name = "TAG")]
    pub(crate) language: Option<String>,
    /// Afterwards, pack every form of the folder into this ZIP file.
    #[arg(long, value_name = "FILE")]
    pub(crate) zip: Option<PathBuf>,
    /// Afterwards, put the pages of every form of the folder into this one PDF, for printing: it holds no boxes to type into.
    #[arg(long, value_name = "FILE")]
    pub(crate) merge: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// PDF files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// One JSON line for each file, nothing else.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the values of PIN boxes of our own forms.
    #[arg(long)]
    pub(crate) reveal_pins: bool,
    /// Go on where this machine cannot shut a reader away from files, network and system calls (`countersign doctor`).
    #[arg(long)]
    pub(crate) allow_weak_isolation: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IngestArgs {
    /// Folders of returned forms, or single files. Of mail: Maildirs, `.eml` and `.mbox` files, each message with all that it brings.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the run's reports go, in a folder named after the run [default: reports in the home].
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// Threads to work with [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) threads: Option<u16>,
    /// Decide everything, write nothing to the store, spend no PIN attempts.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the summary as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Move each file, once its decision is on disk, into this folder: by how it ended, under its hash, encrypted to the
    /// age recipient of countersign.toml.
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub(crate) archive: Option<PathBuf>,
    /// Archive originals unencrypted when no recipient is configured. Each holds a PIN.
    #[arg(long, requires = "archive")]
    pub(crate) archive_in_the_clear: bool,
    /// End with exit code 1 when forms were rejected or held.
    #[arg(long)]
    pub(crate) fail_on_reject: bool,
    /// Write CSV files without the byte order mark that spreadsheets like.
    #[arg(long)]
    pub(crate) no_bom: bool,
    /// Go on where this machine cannot shut a reader away from files, network and system calls (`countersign doctor`).
    #[arg(long)]
    pub(crate) allow_weak_isolation: bool,
}

#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// Folders and Maildirs that forms and messages come into, or single files. Hidden files are left alone: write under a name that begins with a dot, then
    /// rename.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Seconds for which a file must not have changed, 0.1 to 3600.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) settle: Duration,
    /// Seconds between two looks, 0.1 to 3600.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub(crate) poll: Duration,
    /// Where the heartbeat goes, one JSON object [default: watch.heartbeat in the home].
    #[arg(long, value_name = "FILE")]
    pub(crate) heartbeat: Option<PathBuf>,
    /// Where metrics for Prometheus go: FILE.prom in the folder of node_exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Where the runs' reports go, each in a folder named after the run [default: reports in the home].
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// Threads to work with [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) threads: Option<u16>,
    /// Move each file, once its decision is on disk, into this folder: by how it ended, under its hash, encrypted to the
    /// age recipient of countersign.toml. Without it, files that are there already are looked at again once after each start.
    #[arg(long, value_name = "DIR")]
    pub(crate) archive: Option<PathBuf>,
    /// Archive originals unencrypted when no recipient is configured. Each holds a PIN.
    #[arg(long, requires = "archive")]
    pub(crate) archive_in_the_clear: bool,
    /// Write CSV files without the byte order mark that spreadsheets like.
    #[arg(long)]
    pub(crate) no_bom: bool,
    /// Go on where this machine cannot shut a reader away from files, network and system calls (`countersign doctor`).
    #[arg(long)]
    pub(crate) allow_weak_isolation: bool,
}

/// A time in seconds, with a decimal point or without.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    if !(0.1..=3_600.0).contains(&number) {
        return Err("0.1 to 3600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(number))
}

#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// List an account's Authorized Users, past ones too.
    List(AccountNumberArgs),
    /// Show who was authorised at a moment: by which form, on whose signature, under which policy.
    History(HistoryArgs),
    /// Take an Authorized User's privileges; with --cascade, of everyone too whom they let in, and whom those let in.
    ///
    /// Shows what would be done. Nothing is done without --yes.
    Revoke(RevokeArgs),
}

#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// The account's number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// The moment: RFC 3339 [default: all of its history].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// One JSON line for each grant.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RevokeArgs {
    /// The account's number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) account: String,
    /// The person's number, as `grant list` shows it.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) person: u32,
    /// Undo what this person granted too, and what those people granted. With the Account Owner, who stays, only that.
    #[arg(long)]
    pub(crate) cascade: bool,
    /// With --cascade: only what was granted since this moment, when the person was no longer to be trusted.
    #[arg(long, value_name = "TIME", requires = "cascade")]
    pub(crate) since: Option<Timestamp>,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) staff: StaffArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Check template files, their fonts, and whether everything fits on the page.
    ///
    /// Mistakes are named with their lines, and end with exit code 2. Colours that are hard to see (WCAG 2.2) and what is still to be
    /// filled in are warnings: the template works all the same.
    Check {
        /// The TOML files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Begin a form of your own: a copy of a template, with the fonts and the logo that it names.
    ///
    /// Nothing is ever written over. What is yours to say is marked TO FILL IN.
    New(TemplateNewArgs),
    /// Draw a template to look at: a PDF, and a picture of each page.
    ///
    /// A preview is no form to send: no ledger knows its number, and it has words in the place of the QR code.
    Preview(TemplatePreviewArgs),
    /// Tell what differs between two templates, and what that means for forms that are out.
    ///
    /// A template is a file, or `id/version` or `id` (the newest version) of the home. Exit code 1: both say that they are the same
    /// version, and their blanks are not the same.
    Diff(TemplateDiffArgs),
}

#[derive(Args, Debug)]
pub(crate) struct TemplateNewArgs {
    /// Its id: 1 to 40 of a-z, 0-9 and hyphens; stands on every form.
    pub(crate) id: String,
    /// The template to begin with: a file, or `id/version` or `id` of the home [default: the shipped one].
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) from: Option<String>,
    /// Where it goes [default: templates in the home].
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct TemplatePreviewArgs {
    /// The TOML file.
    pub(crate) file: PathBuf,
    /// Where PDF and pictures go [default: preview-ID in the current directory]. An earlier preview there is replaced, nothing else.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Another one besides, with the longest answer in every box.
    #[arg(long)]
    pub(crate) filled: bool,
    /// Dots per inch of the pictures.
    #[arg(long, value_name = "N", default_value_t = 144, value_parser = clap::value_parser!(u16).range(36..=300))]
    pub(crate) dpi: u16,
}

#[derive(Args, Debug)]
pub(crate) struct TemplateDiffArgs {
    /// The one.
    #[arg(value_name = "A")]
    pub(crate) from: String,
    /// The other.
    #[arg(value_name = "B")]
    pub(crate) to: String,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Walk the whole audit trail and check every seal.
    Verify {
        /// The newest row that is known from elsewhere, as an earlier `audit verify` printed it: SEQ:HASH.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<String>,
    },
    /// Print the audit trail as one JSON line for each row.
    Export {
        /// Begin after this row.
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
    },
}
