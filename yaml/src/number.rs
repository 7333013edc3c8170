//! Integers and floats, as Python's constructors make them.

use std::fmt::Write as _;

use crate::Int;

/// Python refuses to convert decimal text that is longer.
const MAX_DIGITS: usize = 4300;

/// Bound for numbers that are computed: more than a float can hold, few enough that the work stays linear.
const MAX_GROUPS: usize = 40;

/// `None` if Python's constructor for `!!int` would fail.
pub(crate) fn int(text: &str) -> Option<Int> {
    let text = text.replace('_', "");
    let (negative, digits) = sign(&text)?;
    let number = if digits == "0" {
        Number::default()
    } else if let Some(digits) = digits.strip_prefix("0b") {
        Number::python(digits, 2)?
    } else if let Some(digits) = digits.strip_prefix("0x") {
        Number::python(digits, 16)?
    } else if digits.starts_with('0') {
        Number::python(digits, 8)?
    } else if digits.is_empty() {
        return None;
    } else if digits.contains(':') {
        let mut sum = Number::default();
        for part in digits.split(':') {
            sum.times_60_plus(&Number::python(part, 10)?)?;
        }
        sum
    } else {
        Number::python(digits, 10)?
    };
    Some(number.into_int(negative))
}

/// `None` if Python's constructor for `!!float` would fail.
pub(crate) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (negative, digits) = sign(&text)?;
    let value = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        _ if digits.contains(':') => sixties(digits)?,
        _ => python_float(digits)?,
    };
    Some(if negative { -value } else { value })
}

/// Splits off one sign. An empty text is an error in Python, a lone sign is not yet.
fn sign(text: &str) -> Option<(bool, &str)> {
    match text.as_bytes().first()? {
        b'-' => Some((true, &text[1..])),
        b'+' => Some((false, &text[1..])),
        _ => Some((false, text)),
    }
}

/// Without the blanks that Python's `int` and `float` allow around a number: fewer if the whole text is ASCII.
fn strip(text: &str) -> &str {
    let any = !text.is_ascii();
    text.trim_matches(|ch: char| {
        matches!(ch, ' ' | '\t'..='\r') || (any && (ch.is_whitespace() || ('\x1c'..='\x1f').contains(&ch)))
    })
}

fn python_float(text: &str) -> Option<f64> {
    strip(text).parse().ok()
}

/// From the last part to the first, so that rounding is Python's.
fn sixties(text: &str) -> Option<f64> {
    let mut base = Number::from(1);
    let mut value = 0.0;
    for part in text.rsplit(':') {
        // Python fails to convert a base beyond the range of floats.
        let factor: f64 = base.decimal().parse().ok().filter(|factor: &f64| factor.is_finite())?;
        value += python_float(part)? * factor;
        base.times_60_plus(&Number::default())?;
    }
    Some(value)
}

/// Sign and magnitude, the magnitude in groups of nine decimal digits, least significant first.
#[derive(Clone, Default)]
struct Number {
    negative: bool,
    groups: Vec<u32>,
}

/// One more than the largest group.
const GROUP: u32 = 1_000_000_000;

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self { negative: false, groups: vec![number] }
    }
}

impl Number {
    /// Python's `int(text, base)`: blanks around, a sign, and the prefix of the base are fine.
    fn python(text: &str, base: u32) -> Option<Self> {
        let (negative, digits) = sign(strip(text))?;
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
        // Several digits at once; 16^7 and 8^7 and 2^7 fit easily.
        for group in digits.chunks(7) {
            let (mut factor, mut sum) = (1, 0);
            for digit in group {
                factor *= u64::from(base);
                sum = sum * base + char::from(*digit).to_digit(base)?;
            }
            number.scale(factor, sum)?;
        }
        Some(number)
    }

    /// Magnitude times `factor` plus `sum`.
    fn scale(&mut self, factor: u64, sum: u32) -> Option<()> {
        let mut carry = u64::from(sum);
        for group in &mut self.groups {
            carry += u64::from(*group) * factor;
            *group = u32::try_from(carry % u64::from(GROUP)).ok()?;
            carry /= u64::from(GROUP);
        }
        if carry > 0 {
            self.groups.push(u32::try_from(carry).ok()?);
        }
        (self.groups.len() <= MAX_GROUPS).then_some(())
    }

    fn times_60_plus(&mut self, part: &Self) -> Option<()> {
        self.scale(60, 0)?;
        // A sign inside can only be written behind an explicit tag; nobody means it.
        if part.negative {
            return None;
        }
        self.groups.resize(self.groups.len().max(part.groups.len()), 0);
        let mut carry = 0;
        for (index, group) in self.groups.iter_mut().enumerate() {
            let sum = *group + part.groups.get(index).unwrap_or(&0) + carry;
            (*group, carry) = if sum >= GROUP { (sum - GROUP, 1) } else { (sum, 0) };
        }
        if carry > 0 {
            self.groups.push(carry);
        }
        Some(())
    }

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
