//! Checks dates, with or without a time: the form of the text, and the existence of the day and the time.

/// The numbers in a text that has the form of a timestamp. They may name a day or a time that does not exist.
struct Parts {
    year: u16,
    month: u16,
    day: u16,
    time: Option<Time>,
    /// True if the text is only a date, written with four, two and two digits.
    full_width_date: bool,
}

struct Time {
    hour: u16,
    minute: u16,
    second: u16,
    /// The time zone's distance from UTC in minutes, without its sign. Zero if no zone is given.
    offset_minutes: u16,
}

/// Returns whether a plain scalar is a timestamp. A date without a time must have two digits for month and day.
pub(crate) fn is_implicit(text: &[u8]) -> bool {
    read(text).is_some_and(|parts| parts.time.is_some() || parts.full_width_date)
}

/// Returns whether the text is a timestamp whose day and time exist, in the proleptic Gregorian calendar of the years 1
/// to 9999.
pub(crate) fn is_valid(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let Some(Parts { year, month, day, time, .. }) = read(text.as_bytes()) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    let date_exists = year >= 1 && (1..=days).contains(&day);
    let exists = |time: Time| time.hour < 24 && time.minute < 60 && time.second < 60 && time.offset_minutes < 24 * 60;
    date_exists && time.is_none_or(exists)
}

/// Reads the numbers, or returns `None` if the text does not have the form of a timestamp.
fn read(text: &[u8]) -> Option<Parts> {
    let mut rest = text;
    let year = digits(&mut rest, 4, 4)?;
    literal(&mut rest, b"-")?;
    let month = digits(&mut rest, 1, 2)?;
    literal(&mut rest, b"-")?;
    let day = digits(&mut rest, 1, 2)?;
    let full_width_date = text.len() == 10;
    let time = if rest.is_empty() { None } else { Some(read_time(rest)?) };
    Some(Parts { year, month, day, time, full_width_date })
}

fn read_time(mut rest: &[u8]) -> Option<Time> {
    if literal(&mut rest, b"Tt").is_none() {
        literal(&mut rest, b" \t")?;
        skip_spaces_and_tabs(&mut rest);
    }
    let hour = digits(&mut rest, 1, 2)?;
    literal(&mut rest, b":")?;
    let minute = digits(&mut rest, 2, 2)?;
    literal(&mut rest, b":")?;
    let second = digits(&mut rest, 2, 2)?;
    if literal(&mut rest, b".").is_some() {
        while literal(&mut rest, b"0123456789").is_some() {}
    }
    let offset_minutes = if rest.is_empty() { 0 } else { read_zone(rest)? };
    Some(Time { hour, minute, second, offset_minutes })
}

fn read_zone(mut rest: &[u8]) -> Option<u16> {
    skip_spaces_and_tabs(&mut rest);
    if rest == b"Z" {
        return Some(0);
    }
    literal(&mut rest, b"+-")?;
    let hours = digits(&mut rest, 1, 2)?;
    let minutes = if rest.is_empty() {
        0
    } else {
        literal(&mut rest, b":")?;
        digits(&mut rest, 2, 2)?
    };
    rest.is_empty().then_some(hours * 60 + minutes)
}

fn skip_spaces_and_tabs(rest: &mut &[u8]) {
    while literal(rest, b" \t").is_some() {}
}

/// Takes one byte if it is among `allowed`.
fn literal(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    if !allowed.contains(first) {
        return None;
    }
    *rest = after;
    Some(*first)
}

/// Takes a number of `least` to `most` digits.
fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<u16> {
    let count = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (number, after) = rest.split_at(count);
    *rest = after;
    Some(number.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}
