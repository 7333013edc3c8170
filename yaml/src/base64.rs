//! Decodes the base64 text of a `!!binary`.
//!
//! The `base64` crate does not fit, because Python's decoder skips characters outside of the alphabet and stops at
//! complete padding.

use zeroize::Zeroizing;

/// Decodes base64 as Python's `base64.decodebytes` does. Returns `None` if the last group is incomplete or not padded.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Reserves the capacity first, because a buffer that grows leaves an unwiped copy.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let mut position = 0;
    let mut pads = 0;
    let mut left = 0_u8;
    for byte in text.bytes() {
        let sextet = match byte {
            b'=' => {
                pads += 1;
                if position >= 2 && position + pads >= 4 {
                    return Some(bytes);
                }
                continue;
            }
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        pads = 0;
        match position {
            0 => {}
            1 => bytes.push(left << 2 | sextet >> 4),
            2 => bytes.push(left << 4 | sextet >> 2),
            _ => bytes.push(left << 6 | sextet),
        }
        left = sextet;
        position = (position + 1) % 4;
    }
    (position == 0).then_some(bytes)
}
