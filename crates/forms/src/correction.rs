//! A correction form: what was right stands in its boxes, what has to be mended is framed and named on its first page.

use std::collections::BTreeMap;

use countersign_core::field_text::FieldText;
use countersign_core::template::ValueRule;

use crate::appearance::{MARK, Setting, tick};
use crate::fields;
use crate::press::{BlankForm, Prefill, Press, PressError, check_length, size_of};

/// What stands on a correction form: the customer's own words again, and what to mend.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The values that were right, by full name; of boxes to tick those that are ticked, with any text.
    pub values: BTreeMap<String, FieldText>,
    /// What has to be mended: as many sentences as the form has lines for.
    pub points: Vec<String>,
    /// The boxes that are marked, by full name, each with what to do about it.
    pub marked: BTreeMap<String, String>,
}

impl Press {
    /// Makes one correction form, on the press of
    /// [`FormTemplate::correction`](countersign_core::template::FormTemplate::correction).
    ///
    /// # Errors
    /// When a value is longer than its box takes.
    pub fn correct(&self, prefill: &Prefill, rewritten: &Rewritten) -> Result<BlankForm, PressError> {
        self.write(prefill, |own, placed, empty, file| {
            let mut field = empty.clone();
            let name = &placed.name;
            let frame = rewritten.marked.get(name).map(|advice| {
                fields::mark(&mut field, &placed.spoken, advice);
                &MARK
            });
            let point = own.points.iter().position(|it| it == name).and_then(|at| rewritten.points.get(at));
            if let Some(value) = point.cloned().or_else(|| self.value(name, prefill)) {
                self.fill(&mut field, placed, &value, file)?;
                fields::lock(&mut field);
            } else if placed.spec.rule == ValueRule::Check {
                if frame.is_some() {
                    let states = tick(size_of(placed), self.tick_ink, frame).map(|it| file.add(it));
                    fields::set_tick(&mut field, states);
                }
                if rewritten.values.contains_key(name) {
                    fields::tick(&mut field);
                }
            } else if let Some(value) = rewritten.values.get(name) {
                check_length(placed, value.as_str())?;
                let setting = Setting { frame, ..Setting::PLAIN };
                let appearance = self.appearance(placed, value.as_str(), setting, file);
                fields::set_value(&mut field, value.as_str(), appearance);
            }
            Ok(field)
        })
    }
}
