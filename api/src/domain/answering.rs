//! When someone answers: opening hours in the syntax of OpenStreetMap, worked out with the holidays of the place.
//!
//! The crate that reads them panics at some of what its own grammar lets in, such as `(sunset+08:00)-26:00`. So nobody else calls it, and a
//! panic ends here: hours that cannot be worked out are refused when they are given, and stop no command where they are stored all the same.

use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::str::FromStr as _;
use std::sync::{Arc, Once};

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime};
use matcher::Department;
use opening_hours::localization::Country;
use opening_hours::{Context, ContextHolidays, OpeningHours as Schedule, RuleKind};

use super::{OpeningHours, holidays};
use crate::clock::{Instant, civil};
use crate::limits::ANSWERING_HORIZON;

impl OpeningHours {
    /// Whether it is an expression of that syntax.
    pub fn reads(&self) -> bool {
        self.guarded(|_schedule| ()).is_some()
    }

    /// Why hours are refused that read and do not work out.
    pub const NOT_WORKED_OUT: &str =
        "can be read but not worked out day by day: say it in fixed times, such as `Mo-Fr 09:00-18:00`";

    /// Whether it can be worked out day by day, from today on as far as a deadline may look.
    pub fn works_out_at(&self, now: Instant) -> bool {
        self.works_out(civil(now, Department::PARIS).date_naive())
    }

    /// Whether it can be worked out day by day, from this one on as far as a deadline may look.
    pub fn works_out(&self, from: NaiveDate) -> bool {
        let until = from.checked_add_days(Days::new(ANSWERING_HORIZON)).unwrap_or(from);
        let at_midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        self.answered(Department::PARIS, at_midnight(from)..at_midnight(until)).is_some()
    }

    /// The spans in which someone answers, in their order, as the clock on the wall of a department shows them. None: there is no telling.
    pub fn answered(&self, department: Department, within: Range<NaiveDateTime>) -> Option<Vec<Range<NaiveDateTime>>> {
        // A rule may look some days before and behind.
        let years = within.start.year().saturating_sub(1)..=within.end.year().saturating_add(1);
        self.guarded(|schedule| {
            let school = Country::FR.holidays().get_school().clone();
            let holidays = ContextHolidays::new(Arc::new(holidays::of(department, years)), Arc::new(school));
            let schedule = schedule.with_context(Context::default().with_holidays(holidays));
            let spans = schedule.iter_range(within.start, within.end);
            spans.filter(|span| span.kind != RuleKind::Closed).map(|span| span.range).collect()
        })
    }

    /// What is made of the expression; nothing where it is none, or where the crate panics over it. Nothing outlives the panic that it could
    /// have left half done.
    fn guarded<T>(&self, work: impl FnOnce(Schedule) -> T) -> Option<T> {
        let _silence = Silence::begin();
        catch_unwind(AssertUnwindSafe(|| Schedule::from_str(self.as_str()).ok().map(work))).ok().flatten()
    }
}

thread_local! {
    /// Whether what panics on this thread is caught and answered, and so is no news for the log.
    static IS_ANSWERED: Cell<bool> = const { Cell::new(false) };
}

/// While it lasts, a panic of its thread writes nothing: it is answered as a refusal, and its text would be what somebody typed.
struct Silence;

impl Silence {
    fn begin() -> Self {
        static HOOKED: Once = Once::new();
        HOOKED.call_once(|| {
            let loud = take_hook();
            set_hook(Box::new(move |panic| {
                if !IS_ANSWERED.get() {
                    loud(panic);
                }
            }));
        });
        IS_ANSWERED.set(true);
        Self
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        IS_ANSWERED.set(false);
    }
}
