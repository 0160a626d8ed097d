//! What waits for the staff: two counts for whoever watches from outside.

use countersign_core::policy::PinBudget;
use countersign_core::store::{Allowance, StoreError};
use rusqlite::{Connection, Params, Row};

use crate::failure::Doing;
use crate::query::query;

/// What waits for the staff.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// Submissions that are held.
    pub held: u64,
    /// Accounts of which a channel is locked, or all of them where they share a budget.
    pub locked_accounts: u64,
}

/// Counts.
pub(crate) fn of(db: &Connection, allowance: Allowance) -> Result<Standing, StoreError> {
    let locked = match allowance.budget {
        PinBudget::EachChannel => "SELECT count(DISTINCT account) FROM budgets WHERE failed >= ?1",
        PinBudget::Shared => "SELECT count(*) FROM (SELECT 1 FROM budgets GROUP BY account HAVING sum(failed) >= ?1)",
    };
    Ok(Standing {
        held: count(db, "SELECT count(*) FROM submissions WHERE status = 'held'", [])?,
        locked_accounts: count(db, locked, [allowance.attempts])?,
    })
}

fn count(db: &Connection, sql: &str, params: impl Params) -> Result<u64, StoreError> {
    const DOING: &str = "counting what waits";
    let read = |row: &Row<'_>| row.get::<_, i64>(0).doing(DOING).map(i64::unsigned_abs);
    Ok(query(db, sql, params, DOING, read)?.pop().expect("a count has one row"))
}

#[cfg(test)]
mod tests {
    use countersign_core::reason::ReasonCode;
    use countersign_core::store::{AccountStore, Attempt};
    use countersign_core::submission::Channel;
    use countersign_testkit::{NOW, accepted, account, event, held};

    use super::*;
    use crate::SqliteStore;

    #[test]
    fn what_is_held_and_who_is_locked_is_counted() {
        let mut store = SqliteStore::in_memory().unwrap();
        let [one, two] = ["A-1", "A-2"].map(|it| account(it).build());
        store.add_accounts(&[one.clone(), two.clone()], event("accounts imported")).unwrap();
        store.begin_run(NOW).unwrap();
        assert_eq!(store.standing(Allowance::shared(1)).unwrap(), Standing::default());
        let waits = ["x", "y"].map(|it| held(it, &one, ReasonCode::FormImageOnly).build());
        store.settle(&waits).unwrap();
        let on = |channel, file: &str| Attempt { channel, ..accepted(file, &two).attempt() };
        let calls = [on(Channel::Phone, "1"), on(Channel::Phone, "2"), on(Channel::Form, "3")];
        store.reserve_attempts(&calls, Allowance::each_channel(9)).unwrap();
        let locked = |store: &mut SqliteStore, allowance| store.standing(allowance).unwrap().locked_accounts;
        assert_eq!(store.standing(Allowance::each_channel(1)).unwrap(), Standing { held: 2, locked_accounts: 1 });
        assert_eq!(locked(&mut store, Allowance::each_channel(3)), 0);
        assert_eq!(locked(&mut store, Allowance::shared(3)), 1);
        assert_eq!(locked(&mut store, Allowance::shared(4)), 0);
    }
}
