//! Converts text to integers and floats, as the constructors of `PyYAML` and Python's `int` and `float` do.

use std::fmt::Write as _;

use crate::Int;

/// The maximum number of digits in a decimal text. Python's `int` rejects a longer text.
const MAX_DIGITS: usize = 4300;

/// The maximum number of groups (see [`Number`]) of a number in base 2, 8, 16 or 60. Numbers beyond the range of a float
/// are still possible. The limit keeps the cost linear in the length of the text.
const MAX_GROUPS: usize = 40;

/// Returns the value of an `!!int`. Returns `None` if the constructor of `PyYAML` would fail, and for the numbers that
/// this crate rejects on purpose (`lib.rs` lists them).
pub(crate) fn int(text: &str) -> Option<Int> {
    let text = text.replace('_', "");
    let (negative, digits) = split_sign(&text)?;
    let number = if digits == "0" {
        Number::default()
    } else if let Some(digits) = digits.strip_prefix("0b") {
        Number::python_int(digits, 2)?
    } else if let Some(digits) = digits.strip_prefix("0x") {
        Number::python_int(digits, 16)?
    } else if digits.starts_with('0') {
        Number::python_int(digits, 8)?
    } else if digits.is_empty() {
        return None;
    } else if digits.contains(':') {
        let mut sum = Number::default();
        for part in digits.split(':') {
            sum.times_60_plus(&Number::python_int(part, 10)?)?;
        }
        sum
    } else {
        Number::python_int(digits, 10)?
    };
    Some(number.into_int(negative))
}

/// Returns the value of a `!!float`. Returns `None` if the constructor of `PyYAML` would fail, and for digits outside of
/// ASCII.
pub(crate) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (negative, digits) = split_sign(&text)?;
    let value = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        _ if digits.contains(':') => base_60_float(digits)?,
        _ => python_float(digits)?,
    };
    Some(if negative { -value } else { value })
}

/// Splits off one sign. Returns `None` for an empty text. A lone sign passes here; the conversion of the rest then
/// fails, as in Python.
fn split_sign(text: &str) -> Option<(bool, &str)> {
    match text.as_bytes().first()? {
        b'-' => Some((true, &text[1..])),
        b'+' => Some((false, &text[1..])),
        _ => Some((false, text)),
    }
}

/// Removes the whitespace that Python's `int` and `float` allow around a number. If the whole text is ASCII, Python
/// removes fewer kinds of whitespace.
fn strip(text: &str) -> &str {
    let unicode = !text.is_ascii();
    text.trim_matches(|ch: char| {
        matches!(ch, ' ' | '\t'..='\r') || (unicode && (ch.is_whitespace() || ('\x1c'..='\x1f').contains(&ch)))
    })
}

/// Does the same as Python's `float(text)`. Returns `None` where Python fails, and for digits outside of ASCII.
fn python_float(text: &str) -> Option<f64> {
    strip(text).parse().ok()
}

/// Returns the value of a float in base 60. Adds from the last part to the first, so that it rounds as Python does.
fn base_60_float(text: &str) -> Option<f64> {
    let mut power = Number::from(1);
    let mut value = 0.0;
    for part in text.rsplit(':') {
        // Python fails if the factor exceeds the range of floats.
        let factor: f64 = power.decimal().parse().ok().filter(|factor: &f64| factor.is_finite())?;
        value += python_float(part)? * factor;
        power.times_60_plus(&Number::default())?;
    }
    Some(value)
}

/// An integer of any size: its sign, and its magnitude in groups of nine decimal digits, least significant first.
#[derive(Clone, Default)]
struct Number {
    negative: bool,
    groups: Vec<u32>,
}

/// The base of the groups: one more than the largest group.
const GROUP_BASE: u32 = 1_000_000_000;

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self { negative: false, groups: vec![number] }
    }
}

impl Number {
    /// Does the same as Python's `int(text, base)`: accepts whitespace around the number, a sign, and the prefix of the
    /// base. Returns `None` where Python fails, for digits outside of ASCII, and if the number has too many groups.
    fn python_int(text: &str, base: u32) -> Option<Self> {
        let (negative, digits) = split_sign(strip(text))?;
        let prefix = match base {
            2 => ["0b", "0B"],
            8 => ["0o", "0O"],
            16 => ["0x", "0X"],
            _ => ["", ""],
        };
        let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
        if digits.is_empty() || !digits.chars().all(|ch| ch.is_digit(base)) {
            return None;
        }
        let mut number = Self { negative, groups: Vec::new() };
        if base == 10 {
            if digits.len() > MAX_DIGITS {
                return None;
            }
            for group in digits.as_bytes().rchunks(9) {
                number.groups.push(group.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')));
            }
            return Some(number);
        }
        let digits = digits.trim_start_matches('0').as_bytes();
        // Reads seven digits at once. The greatest factor, 16^7, is less than `GROUP_BASE`, so a carry fits into a group.
        for group in digits.chunks(7) {
            let (mut factor, mut sum) = (1, 0);
            for digit in group {
                factor *= u64::from(base);
                sum = sum * base + char::from(*digit).to_digit(base)?;
            }
            number.multiply_add(factor, sum)?;
        }
        Some(number)
    }

    /// Multiplies the magnitude by `factor` and adds `sum`. Returns `None` if the result has too many groups.
    fn multiply_add(&mut self, factor: u64, sum: u32) -> Option<()> {
        let mut carry = u64::from(sum);
        for group in &mut self.groups {
            carry += u64::from(*group) * factor;
            *group = u32::try_from(carry % u64::from(GROUP_BASE)).ok()?;
            carry /= u64::from(GROUP_BASE);
        }
        if carry > 0 {
            self.groups.push(u32::try_from(carry).ok()?);
        }
        (self.groups.len() <= MAX_GROUPS).then_some(())
    }

    /// Multiplies the magnitude by 60 and adds `part`.
    fn times_60_plus(&mut self, part: &Self) -> Option<()> {
        self.multiply_add(60, 0)?;
        // Rejects a minus sign inside the number, which Python accepts. This sign is possible only after an explicit
        // tag, and is most likely a mistake.
        if part.negative {
            return None;
        }
        self.groups.resize(self.groups.len().max(part.groups.len()), 0);
        let mut carry = 0;
        for (index, group) in self.groups.iter_mut().enumerate() {
            let sum = *group + part.groups.get(index).unwrap_or(&0) + carry;
            (*group, carry) = if sum >= GROUP_BASE { (sum - GROUP_BASE, 1) } else { (sum, 0) };
        }
        if carry > 0 {
            self.groups.push(carry);
        }
        Some(())
    }

    /// Returns the magnitude as decimal text.
    fn decimal(&self) -> String {
        let mut text = String::with_capacity(self.groups.len() * 9);
        for group in self.groups.iter().rev() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{group:09}");
        }
        let significant = text.trim_start_matches('0');
        if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
    }

    fn into_int(mut self, negative: bool) -> Int {
        self.negative ^= negative;
        let mut text = self.decimal();
        if self.negative && text != "0" {
            text.insert(0, '-');
        }
        text.parse().map_or(Int::Big(text), Int::Small)
    }
}
