//! A chunk of a run, wave by wave. See the [module above](super) for the stages.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::account::{Account, AccountNumber};
use countersign_core::decision::{Facts, Proof, Ready, Refusal, Sealing, Verdict, decide, locked};
use countersign_core::instance::InstanceId;
use countersign_core::pin::PinError;
use countersign_core::store::{
    AccountChanges, AccountStore, Attempt, AttemptOutcome, FirstDecision, IssuedBlank, Reservation, Settled, Status,
};
use countersign_core::submission::{Channel, FileDigest, RequestDigest, SubmissionId};
use rayon::prelude::*;

use super::examine::{Examined, Judged, Parsed};
use super::settle::{decision_row, settlement};
use super::{RunError, RunSettings, failed, with_hasher};
use crate::outcome::{Ending, Outcome, PinCheck, RunHeader};

/// Files of a wave. Their decisions are written before the next files are looked at: whoever interrupts a run loses little.
const WAVE_FILES: usize = 128;

/// A chunk of a run on its way to its rows.
pub(super) struct Chunk<'a> {
    files: Vec<Examined>,
    rows: Vec<Option<Outcome>>,
    /// Channels of accounts that have no attempt left.
    locked: BTreeSet<(AccountNumber, Channel)>,
    header: &'a RunHeader,
    settings: &'a RunSettings<'a>,
}

/// What the store knows of everything that is still pending.
struct Known {
    accounts: BTreeMap<AccountNumber, Account>,
    blanks: BTreeMap<InstanceId, IssuedBlank>,
    requests: BTreeMap<RequestDigest, SubmissionId>,
}

/// How one file's PIN and rules came out, ready to be written.
pub(super) enum Decided {
    /// It is refused.
    Refused(Refusal, PinCheck, Option<(Attempt, AttemptOutcome)>),
    /// It is accepted.
    Accepted(AccountChanges, Attempt),
}

impl<'a> Chunk<'a> {
    pub(super) fn new(files: Vec<Examined>, header: &'a RunHeader, settings: &'a RunSettings<'a>) -> Self {
        let rows = files.iter().map(|_| None).collect();
        Self { files, rows, locked: BTreeSet::new(), header, settings }
    }

    /// Decides and writes every file of the chunk; the rows come back in its order. When the store fails, the rows are those
    /// of the files that had ended by then: what is written is reported.
    pub(super) fn settle_all(mut self, store: &mut dyn AccountStore) -> (Vec<Outcome>, Result<(), RunError>) {
        self.set_aside();
        let settled = self.settle_waves(store);
        self.point_at_first_copies();
        assert!(settled.is_err() || self.rows.iter().all(Option::is_some), "every file of a chunk has ended");
        (self.rows.into_iter().flatten().collect(), settled)
    }

    fn settle_waves(&mut self, store: &mut dyn AccountStore) -> Result<(), RunError> {
        self.find_duplicates(&self.pending().collect::<Vec<_>>(), store)?;
        loop {
            let wave = self.next_wave();
            if wave.is_empty() {
                return Ok(());
            }
            let known = self.look_up(&wave, store)?;
            // Another run may have decided these files before that look, and later ones too: then what it saw is the end of them.
            self.find_duplicates(&wave, store)?;
            let decided = self.decide_wave(&wave, &known, store)?;
            self.write(decided, &known, store)?;
        }
    }

    /// Files that no store needs to hear of.
    fn set_aside(&mut self) {
        for (file, row) in self.files.iter().zip(&mut self.rows) {
            let ending = match &file.verdict {
                Judged::Litter(why) => Ending::Ignored(why),
                Judged::Unstable(refusal) => Ending::refused(weigh(self.settings, refusal)),
                Judged::Refused(_) | Judged::Parsed(_) => continue,
            };
            *row = Some(decision_row(file, ending, self.settings.now));
        }
    }

    /// Files whose bytes were decided in another run.
    fn find_duplicates(&mut self, files: &[usize], store: &mut dyn AccountStore) -> Result<(), RunError> {
        let digests = files.iter().filter_map(|at| self.files[*at].file).collect();
        let before = store.decided_files(&digests).map_err(failed("look up earlier decisions"))?;
        for at in files.iter().copied() {
            if let Some(first) = self.files[at].file.and_then(|it| before.get(&it)) {
                self.end_as_duplicate(at, first.clone());
            }
        }
        Ok(())
    }

    fn end_as_duplicate(&mut self, at: usize, first: FirstDecision) {
        self.rows[at] = Some(decision_row(&self.files[at], Ending::Duplicate(first), self.settings.now));
    }

    fn pending(&self) -> impl Iterator<Item = usize> {
        (0..self.files.len()).filter(|at| self.rows[*at].is_none())
    }

    /// The files that are still to be decided. A second copy of a file is not: it ends as the first does.
    fn next_wave(&self) -> Vec<usize> {
        let has_ended = |at: &usize| self.rows[*at].is_some();
        let mut digests: BTreeSet<_> = (0..self.files.len()).filter(has_ended).map(|at| self.files[at].file).collect();
        self.pending().filter(|at| digests.insert(self.files[*at].file)).take(WAVE_FILES).collect()
    }

    fn look_up(&self, wave: &[usize], store: &mut dyn AccountStore) -> Result<Known, RunError> {
        let parsed: Vec<&Parsed> = wave.iter().filter_map(|at| self.parsed(*at)).collect();
        let accounts = parsed.iter().filter_map(|it| it.asker.account.clone()).collect();
        let blanks = parsed.iter().filter_map(|it| it.instance().cloned()).collect();
        let requests = parsed.iter().filter_map(|it| it.request.clone()).collect();
        Ok(Known {
            accounts: store.accounts(&accounts).map_err(failed("look up accounts"))?,
            blanks: store.blanks(&blanks).map_err(failed("look up issued forms"))?,
            requests: store.accepted_requests(&requests).map_err(failed("look up earlier requests"))?,
        })
    }

    fn parsed(&self, at: usize) -> Option<&Parsed> {
        match &self.files[at].verdict {
            Judged::Parsed(parsed) => Some(parsed),
            Judged::Litter(_) | Judged::Unstable(_) | Judged::Refused(_) => None,
        }
    }

    /// Decides the wave but for its PINs, reserves attempts, looks at the PINs.
    fn decide_wave(
        &mut self,
        wave: &[usize],
        known: &Known,
        store: &mut dyn AccountStore,
    ) -> Result<Vec<(usize, Decided)>, RunError> {
        let verdicts: Vec<(usize, Verdict)> = wave.par_iter().map(|at| (*at, self.decide_one(*at, known))).collect();
        let mut decided = Vec::new();
        let mut ready: Vec<(usize, Ready, Attempt)> = Vec::new();
        let mut waiting = BTreeSet::new();
        for (at, verdict) in verdicts {
            // Behind a PIN that is looked at in this wave, or a decision of another run, an account's later forms wait for what it
            // changes; and behind them the forms that wait for these.
            let accounts = self.accounts_of(at, known);
            let has_ended = self.rows[at].is_some();
            let waits = has_ended || accounts.iter().any(|it| waiting.contains(it));
            match verdict {
                _ if waits => waiting.extend(accounts),
                Verdict::Refused(refusal) => decided.push((at, self.refused(at, refusal))),
                Verdict::Ready(it) if self.locked.contains(&(it.account().clone(), self.files[at].channel)) => {
                    decided.push((at, self.locked(at)))
                }
                Verdict::Ready(it) => {
                    waiting.extend(accounts);
                    let attempt = self.attempt(at, &it);
                    ready.push((at, it, attempt));
                }
            }
        }
        decided.extend(self.prove_wave(ready, store)?);
        decided.sort_by_key(|(at, _)| *at);
        Ok(decided)
    }

    /// The accounts that a file has to do with: the one that it names, and the one that its blank was sent to, which an acceptance
    /// uses up.
    fn accounts_of(&self, at: usize, known: &Known) -> Vec<AccountNumber> {
        let Some(parsed) = self.parsed(at) else { return Vec::new() };
        let blank = parsed.instance().and_then(|it| known.blanks.get(it));
        let bound_to = blank.and_then(|it| it.account.as_ref());
        parsed.asker.account.iter().chain(bound_to).cloned().collect()
    }

    fn refused(&self, at: usize, refusal: Refusal) -> Decided {
        let pin_check = self.parsed(at).map_or(PinCheck::NotChecked, |it| it.pin_check);
        Decided::Refused(refusal, pin_check, None)
    }

    fn attempt(&self, at: usize, ready: &Ready) -> Attempt {
        let Examined { file, channel, .. } = &self.files[at];
        let submission = SubmissionId::of_file(file.expect("a parsed file has a digest"));
        Attempt { account: ready.account().clone(), channel: *channel, submission }
    }

    fn decide_one(&self, at: usize, known: &Known) -> Verdict {
        let parsed = match &self.files[at].verdict {
            Judged::Parsed(parsed) => parsed,
            Judged::Refused(refusal) => return Verdict::Refused(weigh(self.settings, refusal)),
            Judged::Litter(_) | Judged::Unstable(_) => unreachable!("set aside before the first wave"),
        };
        let issued = parsed.instance().and_then(|it| known.blanks.get(it));
        let facts = Facts {
            account: parsed.asker.account.as_ref().and_then(|it| known.accounts.get(it)),
            form: parsed.form_facts(issued, self.settings.templates),
            email: parsed.email.as_ref(),
            accepted_before: parsed.request.as_ref().and_then(|it| known.requests.get(it)),
            findings: &parsed.findings,
            desk: None,
        };
        match decide(&parsed.validated, &facts, self.settings.terms()) {
            Verdict::Refused(refusal) => Verdict::Refused(self.answerable(at, refusal)),
            ready => ready,
        }
    }

    /// A refusal as the channel can bear it: on the phone and at the console somebody waits for the answer.
    fn answerable(&self, at: usize, refusal: Refusal) -> Refusal {
        match self.files[at].channel {
            Channel::Phone | Channel::Console => refusal.at_once(),
            Channel::Form | Channel::Email => refusal,
        }
    }

    /// The refusal of a form whose account has no attempt left.
    fn locked(&self, at: usize) -> Decided {
        Decided::Refused(self.answerable(at, weigh(self.settings, &locked())), PinCheck::Locked, None)
    }

    /// Reserves one attempt for each, then looks at the PINs of those that got one.
    fn prove_wave(
        &mut self,
        ready: Vec<(usize, Ready, Attempt)>,
        store: &mut dyn AccountStore,
    ) -> Result<Vec<(usize, Decided)>, RunError> {
        if ready.is_empty() {
            return Ok(Vec::new());
        }
        let attempts: Vec<Attempt> = ready.iter().map(|(_, _, attempt)| attempt.clone()).collect();
        let allowance = self.settings.policy.pins.allowance();
        let reserved = store.reserve_attempts(&attempts, allowance).map_err(failed("reserve PIN attempts"))?;
        let lock = |(attempt, it): (&Attempt, &Reservation)| {
            (*it == Reservation::Locked).then(|| (attempt.account.clone(), attempt.channel))
        };
        self.locked.extend(attempts.iter().zip(&reserved).filter_map(lock));
        let this = &*self;
        ready
            .into_par_iter()
            .zip(reserved)
            .with_max_len(1)
            .map(|((at, ready, attempt), reserved)| match reserved {
                Reservation::Locked => Ok((at, this.locked(at))),
                Reservation::Reserved => {
                    let account = ready.account().clone();
                    let failed = |source| RunError::Pin { account, source };
                    Ok((at, this.prove(at, ready, attempt).map_err(failed)?))
                }
            })
            .collect()
    }

    fn prove(&self, at: usize, ready: Ready, attempt: Attempt) -> Result<Decided, PinError> {
        let parsed = self.parsed(at).expect("only parsed files are ready");
        let submission = parsed.validated.submission().expect("only complete submissions are ready");
        let RunSettings { key, pin_cost, random, now, .. } = *self.settings;
        with_hasher(|hasher| {
            Ok(match ready.prove(submission, hasher, key)? {
                Proof::Wrong(refusal) => {
                    let refusal = self.answerable(at, weigh(self.settings, &refusal));
                    Decided::Refused(refusal, PinCheck::Failed, Some((attempt, AttemptOutcome::Wrong)))
                }
                Proof::Right(proved) => {
                    let mut sealing = Sealing { hasher, cost: pin_cost, random, key };
                    Decided::Accepted(proved.changes(submission, &mut sealing, now), attempt)
                }
            })
        })
    }

    /// Writes the wave in one transaction. What turns out stale stays pending and is decided again.
    fn write(
        &mut self,
        decided: Vec<(usize, Decided)>,
        known: &Known,
        store: &mut dyn AccountStore,
    ) -> Result<(), RunError> {
        let settlements: Vec<_> = decided
            .iter()
            .map(|(at, it)| {
                let account = self.parsed(*at).and_then(|it| it.asker.account.as_ref());
                let is_known = account.is_some_and(|it| known.accounts.contains_key(it));
                settlement(&self.files[*at], it, is_known, (self.header, self.settings))
            })
            .collect();
        let settled = store.settle(&settlements).map_err(failed("write decisions"))?;
        for ((at, decided), settled) in decided.into_iter().zip(settled) {
            match settled {
                Settled::Stale => {}
                Settled::Before(first) => self.end_as_duplicate(at, first),
                Settled::Done { audit_seq } => self.end(at, decided, audit_seq, known),
            }
        }
        Ok(())
    }

    fn end(&mut self, at: usize, decided: Decided, audit_seq: u64, known: &Known) {
        let file = &self.files[at];
        let (ending, pin_check) = match decided {
            Decided::Refused(refusal, pin_check, _) => (Ending::refused(refusal), pin_check),
            Decided::Accepted(..) => {
                let submission = self.parsed(at).and_then(|it| it.validated.submission());
                let submission = submission.expect("only complete submissions are accepted");
                (Ending::Accepted(super::settle::applied_changes(submission)), PinCheck::Ok)
            }
        };
        let mut row = decision_row(file, ending, self.settings.now);
        row.pin_check = pin_check;
        row.audit_seq = Some(audit_seq);
        if let Some(account) = row.asker.account.as_ref().and_then(|it| known.accounts.get(it)) {
            row.asker.account_name.clone_from(&account.name);
        }
        self.rows[at] = Some(row);
    }

    /// Second copies of a file within the chunk end as duplicates of the first.
    fn point_at_first_copies(&mut self) {
        let mut firsts: BTreeMap<FileDigest, FirstDecision> = BTreeMap::new();
        for at in 0..self.files.len() {
            let Some(digest) = self.files[at].file else { continue };
            match (&self.rows[at], firsts.get(&digest)) {
                (Some(row), None) => {
                    if let Some(first) = self.first_decision(digest, row) {
                        firsts.insert(digest, first);
                    }
                }
                (None, Some(first)) => self.end_as_duplicate(at, first.clone()),
                _ => {}
            }
        }
    }

    fn first_decision(&self, file: FileDigest, row: &Outcome) -> Option<FirstDecision> {
        let status = match &row.ending {
            Ending::Accepted(_) => Status::Accepted,
            Ending::Rejected(_) => Status::Rejected,
            Ending::Held(_) => Status::Held,
            Ending::Duplicate(first) => return Some(first.clone()),
            Ending::Ignored(_) => return None,
        };
        let submission = SubmissionId::of_file(file);
        Some(FirstDecision { submission, status, run: self.header.run, decided_at: row.decided_at })
    }
}

/// The refusal with the severities that the policy gives its reasons.
fn weigh(settings: &RunSettings<'_>, refusal: &Refusal) -> Refusal {
    Refusal::new(refusal.reasons().iter().cloned().map(|it| settings.policy.weigh(it)).collect())
}
