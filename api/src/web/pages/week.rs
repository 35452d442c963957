//! Hours as a week that one can tap: a line a day, in place of OpenStreetMap's syntax. Hours that are no such week stay as they were written.

use maud::{Markup, html};

use super::session::Fields;
use super::words::form as words;

/// The days of the week and the public holidays, as the syntax names them.
const DAYS: [&str; 8] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH"];

/// How many spans a day may have on the page.
const SPANS: usize = 2;

/// What one day says: its spans; none: closed.
type Spans = Vec<(String, String)>;

/// A week, day by day; of the holidays nothing where nothing was said of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Week {
    days: [Option<Spans>; 8],
}

impl Week {
    /// What an expression says, where it is a week.
    fn read(hours: &str) -> Option<Self> {
        let mut week = Self::default();
        if hours.trim().is_empty() || hours.trim() == "24/7" {
            return Some(week);
        }
        for rule in hours.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
            let at_days = rule.split_once(' ').filter(|(days, _)| days.starts_with(|first: char| first.is_ascii_uppercase()));
            let (days, times) = at_days.map_or((None, rule), |(days, times)| (Some(days), times));
            let days = days.map_or_else(|| Some((0..7).collect()), days_named)?;
            let spans = spans_named(times.trim())?;
            for day in days {
                *week.days.get_mut(day)? = Some(spans.clone());
            }
        }
        Some(week)
    }

    /// The same as an expression, days that are alike together; nothing where nothing is said.
    fn write(&self) -> Option<String> {
        let (days, holidays) = self.days.split_at(7);
        let mut rules: Vec<String> = Vec::new();
        let mut from = 0;
        while let Some(spans) = days.get(from) {
            let alike = days.iter().skip(from).take_while(|other| *other == spans).count();
            let named = match (DAYS.get(from), DAYS.get(from + alike - 1)) {
                (Some(first), Some(last)) if alike > 1 => format!("{first}-{last}"),
                (Some(first), _) => (*first).to_owned(),
                _ => return None,
            };
            if let Some(spans) = spans.as_ref().filter(|spans| !spans.is_empty()) {
                rules.push(format!("{named} {}", times(spans)));
            }
            from += alike;
        }
        if let Some(Some(spans)) = holidays.first() {
            rules.push(if spans.is_empty() { "PH off".to_owned() } else { format!("PH {}", times(spans)) });
        }
        (!rules.is_empty()).then(|| rules.join("; "))
    }
}

fn times(spans: &[(String, String)]) -> String {
    spans.iter().map(|(from, to)| format!("{from}-{to}")).collect::<Vec<_>>().join(",")
}

/// The days that `Mo-Fr,Su` names.
fn days_named(text: &str) -> Option<Vec<usize>> {
    let day = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut named = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                if first > last {
                    return None;
                }
                named.extend(first..=last);
            }
            None => named.push(day(part)?),
        }
    }
    Some(named)
}

/// The spans that `09:00-12:00,14:00-18:00` names.
fn spans_named(text: &str) -> Option<Spans> {
    if matches!(text, "off" | "closed") {
        return Some(Vec::new());
    }
    let spans: Option<Spans> = text.split(',').map(|span| span_named(span.trim())).collect();
    spans.filter(|spans| (1..=SPANS).contains(&spans.len()))
}

fn span_named(text: &str) -> Option<(String, String)> {
    let (from, to) = text.split_once('-')?;
    let to = if to == "24:00" { "00:00" } else { to };
    (is_time(from) && is_time(to)).then(|| (from.to_owned(), to.to_owned()))
}

fn is_time(text: &str) -> bool {
    let figures = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(hours, minutes)| {
        figures(hours)
            && figures(minutes)
            && hours.parse().is_ok_and(|hours: u8| hours < 24)
            && minutes.parse().is_ok_and(|minutes: u8| minutes < 60)
    })
}

/// The fields of hours that stand at a place of the body.
pub fn fields(at: &str, hours: Option<&str>) -> Markup {
    let Some(week) = Week::read(hours.unwrap_or_default()) else {
        return html! {
            label { (words::HOURS_WRITTEN) " " input type="text" name=(format!("{at}#written")) value=(hours.unwrap_or_default()) maxlength="200"; }
        };
    };
    let span = |day: usize, span: usize| week.days.get(day).and_then(Option::as_ref).and_then(|spans| spans.get(span));
    let holidays_off = week.days.last().is_some_and(|holidays| holidays.as_ref().is_some_and(Vec::is_empty));
    html! {
        p.hint { (words::HOURS_LEAD) }
        table.week {
            tbody {
                @for (day, (code, name)) in DAYS.iter().zip(words::DAYS).enumerate() {
                    tr {
                        th scope="row" { (name) }
                        @for number in 0..SPANS {
                            td {
                                @let known = span(day, number);
                                input type="time" name=(format!("{at}#{code}{number}from")) value=(known.map_or("", |span| span.0.as_str())) aria-label=(words::from_hour(name, number));
                                " – "
                                input type="time" name=(format!("{at}#{code}{number}to")) value=(known.map_or("", |span| span.1.as_str())) aria-label=(words::to_hour(name, number));
                            }
                        }
                    }
                }
            }
        }
        label.box { input type="checkbox" name=(format!("{at}#holidays-off")) checked[holidays_off]; " " (words::HOLIDAYS_OFF) }
    }
}

/// What was tapped, as an expression; nothing where it is always.
pub fn typed(at: &str, fields: &Fields) -> Option<String> {
    if let Some(written) = fields.text(&format!("{at}#written")) {
        return Some(written.to_owned());
    }
    let mut week = Week::default();
    for (day, code) in week.days.iter_mut().zip(DAYS) {
        let time = |span: usize, end: &str| fields.text(&format!("{at}#{code}{span}{end}")).unwrap_or_default().to_owned();
        let spans = (0..SPANS).map(|span| (time(span, "from"), time(span, "to")));
        // Half a span stays as it is: it is no time, and is said to be wrong.
        let spans: Spans = spans.filter(|(from, to)| !from.is_empty() || !to.is_empty()).collect();
        *day = (!spans.is_empty()).then_some(spans);
    }
    if let Some(holidays) = week.days.last_mut().filter(|_| fields.has(&format!("{at}#holidays-off"))) {
        *holidays = Some(Vec::new());
    }
    week.write()
}
