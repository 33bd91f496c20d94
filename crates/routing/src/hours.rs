use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike as _, Days, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _,
};
use chrono_tz::Tz;
use parlor_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RoutingError;

const MINUTES_A_DAY: u16 = 24 * 60;
const DAYS_A_WEEK: u64 = 7;
const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a queue is open: intervals of a week in a time zone, and days on which it stays closed.
///
/// As text, parts are separated by `;`: the zone by its IANA name, then days with their intervals, then holidays:
/// `Europe/Berlin; mon-fri 09:00-12:30 13:30-17:00; sat 22:00-02:00; closed 2026-12-25 2027-01-01`. Days are `mon`
/// to `sun`, joined by `,` or, as a range, by `-`. An interval that ends no later than it begins ends on the next
/// day, and `24:00` is the end of a day.
///
/// An interval belongs to the day on which it begins: a holiday has none of its own, and the night shift of the day
/// before ends as always. Where clocks are set forward, an hour that does not exist begins and ends where the gap
/// ends; where they are set back, an hour that exists twice opens with the first and closes with the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    zone: Tz,
    /// From Monday; each day's in order.
    week: [BTreeSet<Interval>; 7],
    holidays: BTreeSet<NaiveDate>,
}

/// In minutes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    opens: u16,
    closes: u16,
}

#[derive(Clone, Copy)]
enum Edge {
    Opens,
    Closes,
}

impl Hours {
    /// Whether it is open, and when that changes next; `None` if it does not change, or beyond the years that the
    /// calendar can name.
    pub fn state(&self, at: Timestamp) -> (bool, Option<Timestamp>) {
        let Some(today) = at.to_date_time().map(|moment| moment.with_timezone(&self.zone).date_naive())
        else {
            return (false, None);
        };
        let mut open_until = None;
        for (opens, closes) in self.windows(today) {
            match open_until {
                None if closes <= at => {}
                None if opens <= at => open_until = Some(closes),
                None => return (false, Some(opens)),
                Some(until) if opens <= until => open_until = Some(until.max(closes)),
                Some(_) => break,
            }
        }
        (open_until.is_some(), open_until)
    }

    /// Whether it is open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.state(at).0
    }

    /// Every interval that can matter to a day, from the night before it to after the next opening.
    fn windows(&self, today: NaiveDate) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        // Some day of every week is open, and each holiday can close one of them.
        let weeks = u64::try_from(self.holidays.len()).unwrap_or(u64::MAX).saturating_add(2);
        let first = today.pred_opt().unwrap_or(today);
        let days = (0..weeks.saturating_mul(DAYS_A_WEEK))
            .map_while(move |day| first.checked_add_days(Days::new(day)));
        days.filter(|day| !self.holidays.contains(day)).flat_map(move |day| {
            let intervals = &self.week[day.weekday().num_days_from_monday() as usize];
            intervals.iter().filter_map(move |interval| self.window(day, *interval))
        })
    }

    fn window(&self, day: NaiveDate, interval: Interval) -> Option<(Timestamp, Timestamp)> {
        let next = day.succ_opt()?;
        let closing_day = if interval.closes > interval.opens { day } else { next };
        let opens = self.moment(day, interval.opens, Edge::Opens)?;
        let closes = match interval.closes {
            MINUTES_A_DAY => self.moment(next, 0, Edge::Closes),
            minute => self.moment(closing_day, minute, Edge::Closes),
        }?;
        // An interval that lies in a gap of the clock has no moment at all.
        (opens < closes).then_some((opens, closes))
    }

    fn moment(&self, day: NaiveDate, minute: u16, edge: Edge) -> Option<Timestamp> {
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into());
        // Gaps are an hour nearly always, and a day when a country changes the side of the date line.
        (0..=i64::from(MINUTES_A_DAY)).find_map(|later| {
            let local = local.checked_add_signed(TimeDelta::minutes(later))?;
            let moment: DateTime<Tz> = match (self.zone.from_local_datetime(&local), edge) {
                (MappedLocalTime::Single(only), _) => only,
                (MappedLocalTime::Ambiguous(first, _), Edge::Opens) => first,
                (MappedLocalTime::Ambiguous(_, second), Edge::Closes) => second,
                (MappedLocalTime::None, _) => return None,
            };
            Some(Timestamp::from(moment.to_utc()))
        })
    }
}

impl FromStr for Hours {
    type Err = RoutingError;

    fn from_str(text: &str) -> Result<Self, RoutingError> {
        let mut parts = text.split(';').map(str::trim);
        let zone = parts.next().unwrap_or_default();
        let mut hours = Self {
            zone: zone.parse().map_err(|_| wrong(zone, "is no time zone of the IANA database"))?,
            week: Default::default(),
            holidays: BTreeSet::new(),
        };
        for part in parts {
            let mut words = part.split_whitespace();
            match words.next() {
                None => return Err(wrong(part, "is empty")),
                Some("closed") => {
                    for word in words {
                        hours
                            .holidays
                            .insert(word.parse().map_err(|_| wrong(word, "is no date YYYY-MM-DD"))?);
                    }
                }
                Some(days) => {
                    let days = read_days(days)?;
                    let intervals = words.map(read_interval).collect::<Result<Vec<_>, _>>()?;
                    if intervals.is_empty() {
                        return Err(wrong(part, "names no interval"));
                    }
                    for day in days {
                        hours.week[day].extend(&intervals);
                    }
                }
            }
        }
        if hours.week.iter().all(BTreeSet::is_empty) {
            return Err(wrong(text, "is never open"));
        }
        Ok(hours)
    }
}

fn wrong(part: &str, reason: &'static str) -> RoutingError {
    RoutingError::Hours { part: part.to_owned(), reason }
}

fn read_days(text: &str) -> Result<BTreeSet<usize>, RoutingError> {
    let day = |name: &str| {
        let number = DAY_NAMES.iter().position(|&known| known == name);
        number.ok_or_else(|| wrong(name, "is no day; days are mon, tue, wed, thu, fri, sat, sun"))
    };
    let mut days = BTreeSet::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + DAY_NAMES.len() - first) % DAY_NAMES.len();
        days.extend((first..=first + length).map(|day| day % DAY_NAMES.len()));
    }
    Ok(days)
}

fn read_interval(text: &str) -> Result<Interval, RoutingError> {
    let read = || {
        let (opens, closes) = text.split_once('-')?;
        let (opens, closes) = (read_minute(opens)?, read_minute(closes)?);
        (opens < MINUTES_A_DAY).then_some(Interval { opens, closes })
    };
    read().ok_or_else(|| wrong(text, "is no interval HH:MM-HH:MM"))
}

fn read_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let of_day = hour * 60 + minute;
    (minute < 60 && of_day <= MINUTES_A_DAY).then_some(of_day)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zone.name())?;
        for (name, intervals) in DAY_NAMES.iter().zip(&self.week) {
            if !intervals.is_empty() {
                write!(f, "; {name}")?;
            }
            for Interval { opens, closes } in intervals {
                write!(f, " {:02}:{:02}-{:02}:{:02}", opens / 60, opens % 60, closes / 60, closes % 60)?;
            }
        }
        if !self.holidays.is_empty() {
            f.write_str("; closed")?;
        }
        self.holidays.iter().try_for_each(|day| write!(f, " {day}"))
    }
}

impl TryFrom<String> for Hours {
    type Error = RoutingError;

    fn try_from(text: String) -> Result<Self, RoutingError> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn hours(text: &str) -> Hours {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(&format!("{text}:00Z")).unwrap().to_utc().into()
    }

    /// Whether it is open at a moment, and when that changes.
    #[track_caller]
    fn assert_state(hours: &Hours, at: &str, open: bool, until: &str) {
        assert_eq!(hours.state(utc(at)), (open, Some(utc(until))), "at {at}");
    }

    #[test]
    fn a_week_opens_and_closes_in_its_own_time_zone() {
        let berlin = hours("Europe/Berlin; mon-fri 09:00-12:30 13:30-17:00; sat 10:00-14:00");
        // Winter, one hour ahead.
        assert_state(&berlin, "2026-01-09T07:59", false, "2026-01-09T08:00");
        assert_state(&berlin, "2026-01-09T08:00", true, "2026-01-09T11:30");
        assert_state(&berlin, "2026-01-09T11:30", false, "2026-01-09T12:30");
        assert_state(&berlin, "2026-01-10T13:00", false, "2026-01-12T08:00");
        // Summer, two hours ahead.
        assert_state(&berlin, "2026-07-10T07:00", true, "2026-07-10T10:30");
    }

    #[test]
    fn intervals_may_end_on_the_next_day_and_days_may_join() {
        let night = hours("UTC; fri 22:00-02:00; sat 02:00-03:00");
        assert_state(&night, "2026-01-10T01:59", true, "2026-01-10T03:00");
        assert_state(&night, "2026-01-09T21:00", false, "2026-01-09T22:00");
        let around = hours("UTC; sat-mon 00:00-24:00");
        assert_state(&around, "2026-01-10T12:00", true, "2026-01-13T00:00");
    }

    #[test]
    fn a_holiday_has_no_interval_of_its_own() {
        let hours = hours("UTC; mon-sun 22:00-06:00; closed 2026-12-25");
        assert_state(&hours, "2026-12-25T01:00", true, "2026-12-25T06:00");
        assert_state(&hours, "2026-12-25T23:00", false, "2026-12-26T22:00");
        let once_a_week = self::hours("UTC; mon 09:00-10:00; closed 2026-01-05 2026-01-12 2026-01-19");
        assert_state(&once_a_week, "2026-01-02T00:00", false, "2026-01-26T09:00");
    }

    #[test]
    fn an_hour_that_does_not_exist_is_where_the_gap_ends() {
        // Clocks jump from 02:00 to 03:00, which is 01:00 UTC.
        let gap = hours("Europe/Berlin; sun 02:30-04:00");
        assert_state(&gap, "2026-03-29T00:59", false, "2026-03-29T01:00");
        assert_state(&gap, "2026-03-29T01:00", true, "2026-03-29T02:00");
        let inside = hours("Europe/Berlin; sun 02:10-02:50");
        assert_state(&inside, "2026-03-28T12:00", false, "2026-04-05T00:10");
    }

    #[test]
    fn an_hour_that_exists_twice_opens_with_the_first_and_closes_with_the_second() {
        // Clocks go back from 03:00 to 02:00, which is 01:00 UTC.
        let twice = hours("Europe/Berlin; sun 02:30-02:45");
        assert_state(&twice, "2026-10-25T00:29", false, "2026-10-25T00:30");
        assert_state(&twice, "2026-10-25T00:30", true, "2026-10-25T01:45");
    }

    #[test]
    fn what_is_no_opening_is_refused_with_the_part_that_is_wrong() {
        for (text, part) in [
            ("Mars/Olympus; mon 09:00-17:00", "Mars/Olympus"),
            ("UTC; mon-fry 09:00-17:00", "fry"),
            ("UTC; mon 9:00-17:00", "9:00-17:00"),
            ("UTC; mon 09:00-24:01", "09:00-24:01"),
            ("UTC; mon 24:00-01:00", "24:00-01:00"),
            ("UTC; mon 09:60-10:00", "09:60-10:00"),
            ("UTC; mon", "mon"),
            ("UTC; ; mon 09:00-10:00", ""),
            ("UTC; mon 09:00-10:00; closed 2026-02-30", "2026-02-30"),
            ("UTC; closed 2026-02-20", "UTC; closed 2026-02-20"),
            ("", ""),
        ] {
            match text.parse::<Hours>() {
                Err(RoutingError::Hours { part: found, .. }) => assert_eq!(found, part),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn hours_read_back_as_they_were_written(
            days in proptest::collection::vec((0..7_usize, 0..1_440_u16, 0..=1_440_u16), 1..6),
            zone in proptest::sample::select(&["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"][..]),
        ) {
            let mut text = zone.to_owned();
            for (day, opens, closes) in days {
                let (hour, minute, to_hour, to_minute) = (opens / 60, opens % 60, closes / 60, closes % 60);
                let day = DAY_NAMES[day];
                write!(text, "; {day} {hour:02}:{minute:02}-{to_hour:02}:{to_minute:02}").unwrap();
            }
            let hours = hours(&text);
            prop_assert_eq!(hours.to_string().parse::<Hours>().unwrap(), hours);
        }

        /// What is said about the next change agrees with looking at every moment between.
        #[test]
        fn nothing_changes_before_it_is_said_to(
            minutes in 0..(366 * 24 * 60_i64),
            opens in 0..1_440_u16,
            length in 1..1_440_u16,
            zone in proptest::sample::select(&["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"][..]),
        ) {
            let closes = (opens + length) % 1_440;
            let text = format!(
                "{zone}; mon-fri {:02}:{:02}-{:02}:{:02}", opens / 60, opens % 60, closes / 60, closes % 60,
            );
            let hours = hours(&text);
            let begin = utc("2026-01-01T00:00");
            let at = begin + std::time::Duration::from_secs(minutes.unsigned_abs() * 60);
            let (open, change) = hours.state(at);
            let change = change.unwrap();
            prop_assert!(change > at);
            prop_assert_eq!(hours.is_open(change), !open);
            let half = at + change.since(at) / 2;
            prop_assert_eq!(hours.is_open(half), open);
        }
    }
}
