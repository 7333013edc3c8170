//! Dates, with or without a time.

/// Valid, in the proleptic Gregorian calendar, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Timestamp {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub time: Option<Time>,
}

/// The time of a [`Timestamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Time {
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
    /// East of Greenwich; `None` if no zone is given.
    pub offset_minutes: Option<i16>,
}

/// What the digits say, in ranges that need not exist.
struct Fields {
    timestamp: Timestamp,
    /// Written with four, two and two digits.
    full_width: bool,
}

/// Whether a plain scalar is a timestamp: a bare date must be written in full.
pub(super) fn is_implicit(text: &[u8]) -> bool {
    read(text).is_some_and(|fields| fields.timestamp.time.is_some() || fields.full_width)
}

/// `None` if the text is no timestamp or names a day or time that does not exist.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let timestamp = read(text.as_bytes())?.timestamp;
    let leap = timestamp.year % 4 == 0 && (timestamp.year % 100 != 0 || timestamp.year % 400 == 0);
    let days = match timestamp.month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let date_exists = timestamp.year >= 1 && (1..=days).contains(&timestamp.day);
    let time_exists = timestamp.time.is_none_or(|time| {
        let within_a_day = time.offset_minutes.is_none_or(|minutes| minutes.abs() < 24 * 60);
        time.hour < 24 && time.minute < 60 && time.second < 60 && within_a_day
    });
    (date_exists && time_exists).then_some(timestamp)
}

fn read(text: &[u8]) -> Option<Fields> {
    let mut rest = text;
    let year = digits(&mut rest, 4, 4)?;
    literal(&mut rest, b"-")?;
    let month = digits(&mut rest, 1, 2)?;
    literal(&mut rest, b"-")?;
    let day = digits(&mut rest, 1, 2)?;
    let full_width = text.len() == 10;
    let time = if rest.is_empty() { None } else { Some(read_time(rest)?) };
    let timestamp = Timestamp { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()?, time };
    Some(Fields { timestamp, full_width })
}

fn read_time(mut rest: &[u8]) -> Option<Time> {
    if literal(&mut rest, b"Tt").is_none() {
        literal(&mut rest, b" \t")?;
        skip_blanks(&mut rest);
    }
    let hour = digits(&mut rest, 1, 2)?;
    literal(&mut rest, b":")?;
    let minute = digits(&mut rest, 2, 2)?;
    literal(&mut rest, b":")?;
    let second = digits(&mut rest, 2, 2)?;
    let mut microsecond = 0;
    if literal(&mut rest, b".").is_some() {
        let mut unit = 100_000;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            microsecond += u32::from(digit - b'0') * unit;
            unit /= 10;
            rest = after;
        }
    }
    let offset_minutes = if rest.is_empty() { None } else { Some(read_zone(rest)?) };
    let narrow = |number: u16| u8::try_from(number).ok();
    Some(Time { hour: narrow(hour)?, minute: narrow(minute)?, second: narrow(second)?, microsecond, offset_minutes })
}

fn read_zone(mut rest: &[u8]) -> Option<i16> {
    skip_blanks(&mut rest);
    if rest == b"Z" {
        return Some(0);
    }
    let sign = if literal(&mut rest, b"+-")? == b'-' { -1 } else { 1 };
    let hours = digits(&mut rest, 1, 2)?;
    let minutes = if rest.is_empty() {
        0
    } else {
        literal(&mut rest, b":")?;
        digits(&mut rest, 2, 2)?
    };
    if !rest.is_empty() {
        return None;
    }
    Some(sign * i16::try_from(hours * 60 + minutes).ok()?)
}

fn skip_blanks(rest: &mut &[u8]) {
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

fn digits(rest: &mut &[u8], least: usize, most: usize) -> Option<u16> {
    let count = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (number, after) = rest.split_at(count);
    *rest = after;
    Some(number.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}
