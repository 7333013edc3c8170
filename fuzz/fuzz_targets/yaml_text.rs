//! Reads any bytes as YAML, with small limits. Checks that there is no panic, that a second run gives the same result,
//! that every mark is within the text, that the limits hold, and that error messages are short.

#![no_main]

use std::fmt::Write as _;

use argus_auth_yaml::{Document, Error, Id, Int, Limits, Mark, Node, Pair, Value, decode, parse};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { max_bytes: 4096, max_depth: 16, max_nodes: 256, max_scalar_bytes: 512 };

fuzz_target!(|bytes: &[u8]| {
    let lengths = line_lengths(bytes);
    let (first, second) = (load(bytes, &lengths), load(bytes, &lengths));
    assert_eq!(first, second);
    if let Err(error) = first {
        assert!(!error.message.is_empty() && error.message.len() < 256, "{error}");
        error.mark.into_iter().for_each(|mark| check_mark(mark, &lengths));
    }
});

/// Returns the number of characters in each line. Also counts the replacement characters for invalid UTF-8. This is
/// harmless, because no mark lies after them.
fn line_lengths(bytes: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.split(['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}']).map(|line| line.chars().count()).collect()
}

/// Checks that the mark is at a character, or at the end of a line.
fn check_mark(mark: Mark, lengths: &[usize]) {
    let Mark { line, column } = mark;
    let length = lengths.get(line as usize - 1);
    assert!(length.is_some_and(|length| (1..=length + 1).contains(&(column as usize))), "{mark:?}");
}

/// Loads the document, checks each node and returns a rendering of all values and marks.
fn load(bytes: &[u8], lengths: &[usize]) -> Result<String, Error> {
    let text = decode(bytes, &LIMITS)?;
    let document = parse(&text, &LIMITS)?;
    let mut walk = Walk { document: &document, lengths, nodes: 0, output: String::new() };
    walk.node(document.root(), 1);
    Ok(walk.output)
}

struct Walk<'d, 't> {
    document: &'d Document<'t>,
    lengths: &'d [usize],
    /// The number of nodes so far, with aliases counted as copies.
    nodes: usize,
    output: String,
}

impl Walk<'_, '_> {
    fn node(&mut self, node: &Node<'_>, depth: usize) {
        self.nodes += 1;
        assert!(self.nodes <= LIMITS.max_nodes);
        // The reader does not check the depth of omitted values, which are one level below their collection.
        let omitted = usize::from(matches!(node.value, Value::Null));
        assert!(depth <= LIMITS.max_depth + omitted);
        check_mark(node.start, self.lengths);
        let Mark { line, column } = node.start;
        write!(self.output, "{line}:{column} ").unwrap();
        match &node.value {
            Value::Null => self.output.push_str("null"),
            Value::Bool(value) => write!(self.output, "{value}").unwrap(),
            Value::Int(Int::Small(value)) => write!(self.output, "int {value}").unwrap(),
            Value::Int(Int::Big(text)) => {
                assert!(text.parse::<i64>().is_err(), "{text}");
                write!(self.output, "int {text}").unwrap();
            }
            Value::Float(value) => write!(self.output, "float {value:?}").unwrap(),
            Value::Str(text) | Value::Timestamp(text) => {
                assert!(text.len() <= LIMITS.max_scalar_bytes);
                write!(self.output, "text {:?}", &**text).unwrap();
            }
            Value::Bytes(bytes) => write!(self.output, "bytes {:?}", &**bytes).unwrap(),
            Value::Seq(items) => self.items("list", items, depth),
            Value::Set(members) => self.items("set", members, depth),
            Value::Map(pairs) => self.pairs("mapping", pairs, depth),
            Value::Pairs(pairs) => self.pairs("pairs", pairs, depth),
        }
    }

    fn items(&mut self, kind: &str, items: &[Id], depth: usize) {
        write!(self.output, "{kind} (").unwrap();
        for item in items {
            self.node(self.document.node(*item), depth + 1);
            self.output.push(',');
        }
        self.output.push(')');
    }

    fn pairs(&mut self, kind: &str, pairs: &[Pair], depth: usize) {
        write!(self.output, "{kind} (").unwrap();
        for pair in pairs {
            self.node(self.document.node(pair.key), depth + 1);
            self.output.push_str(if pair.merged { " << " } else { " = " });
            self.node(self.document.node(pair.value), depth + 1);
            self.output.push(',');
        }
        self.output.push(')');
    }
}
