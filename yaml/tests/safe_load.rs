//! The rules of `safe_load`, case by case. Each expectation was compared with `PyYAML` 6.0.3. The results differ on
//! purpose in `text_that_differs_from_pyyaml_on_purpose_is_rejected`, for duplicate keys, for timestamps and for UTF-16.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use argus_auth_yaml::{Document, Error, Int, Limits, Mark, Node, Pair, Value, decode, parse};

/// Renders a node in a compact form. Most scalars other than strings start with a letter for their type; a pair that
/// came through `<<` starts with `<`.
fn render(document: &Document<'_>, node: &Node<'_>) -> String {
    let node_of = |id: usize| render(document, document.node(id));
    let list = |ids: &[usize]| ids.iter().map(|id| node_of(*id)).collect::<Vec<_>>().join(", ");
    let pairs = |pairs: &[Pair]| {
        let pair = |pair: &Pair| {
            let merged = if pair.merged { "<" } else { "" };
            format!("{merged}{}: {}", node_of(pair.key), node_of(pair.value))
        };
        pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
    };
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(Int::Small(value)) => format!("i{value}"),
        Value::Int(Int::Big(value)) => format!("I{value}"),
        Value::Float(value) => format!("f{value:?}"),
        Value::Str(text) => format!("{:?}", &**text),
        Value::Bytes(bytes) => format!("b{:?}", bytes.escape_ascii().to_string()),
        Value::Timestamp(text) => format!("t{}", &**text),
        Value::Seq(items) => format!("[{}]", list(items)),
        Value::Set(items) => format!("set({})", list(items)),
        Value::Map(fields) => format!("{{{}}}", pairs(fields)),
        Value::Pairs(fields) => format!("pairs({})", pairs(fields)),
    }
}

/// Renders the document, or returns `error`.
fn load(text: impl AsRef<[u8]>) -> String {
    let limits = Limits::default();
    let rendered = decode(text.as_ref(), &limits).and_then(|text| {
        let document = parse(&text, &limits)?;
        Ok(render(&document, document.root()))
    });
    rendered.unwrap_or_else(|_| "error".into())
}

/// Loads each text and compares the result. Reports all rows that fail, not only the first.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let failure = |(text, expected): &(&str, &str)| {
        let found = load(text);
        (found != *expected).then(|| format!("{text:?}\n  expected {expected}\n  found    {found}"))
    };
    let failures: Vec<_> = cases.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {} rows:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// Returns the error for a text that must be rejected.
fn error(text: impl AsRef<[u8]>, limits: &Limits) -> Error {
    decode(text.as_ref(), limits).and_then(|text| parse(&text, limits).map(drop)).unwrap_err()
}

#[test]
fn text_with_one_document_loads_and_any_other_is_rejected() {
    check(&[
        ("", "null"),
        ("# nothing\n", "null"),
        ("---\n...\n", "null"),
        ("--- # comment\na: 1\n...\n", "{\"a\": i1}"),
        ("\u{feff}a: 1", "{\"a\": i1}"),
        ("a: 1\r\nb: 2\rc: 3", "{\"a\": i1, \"b\": i2, \"c\": i3}"),
        ("a\n---\nb", "error"),
        ("---\n---\n", "error"),
        ("...\n", "error"),
        ("%YAML 1.2\n---\na", "\"a\""),
        ("%YAML 2.0\n---\na", "error"),
        ("%YAML 1.1\na", "error"),
        ("%TAG !e! tag:yaml.org,2002:\n---\n!e!str 5", "\"5\""),
        ("a: \x07", "error"),
    ]);
    assert_eq!(load(b"a: \xff"), "error");
    assert_eq!(load("\u{feff}a: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), "error");
}

#[test]
fn plain_scalar_has_the_type_of_yaml_1_1() {
    check(&[
        ("[yes, No, ON, off, true, FALSE]", "[true, false, true, false, true, false]"),
        ("[y, n, yES, 'yes']", "[\"y\", \"n\", \"yES\", \"yes\"]"),
        ("[~, null, Null, NULL, nULL, ]", "[null, null, null, null, \"nULL\"]"),
        ("[0, 0123, 089, 0o17, 0b10_1, 0xfF, 1_000, -1, +1]", "[i0, i83, \"089\", \"0o17\", i5, i255, i1000, i-1, i1]"),
        ("[1:30, 1:60, 01:30, -1:30, 190:20:30]", "[i90, \"1:60\", \"01:30\", i-90, i685230]"),
        (
            "[1e5, 1.0e5, 1.0e+5, 1., .5, -.5, 1_0.5, 1:30.5]",
            "[\"1e5\", \"1.0e5\", f100000.0, f1.0, f0.5, \"-.5\", f10.5, f90.5]",
        ),
        ("[.inf, -.INF, .nan, -.nan]", "[finf, f-inf, fNaN, \"-.nan\"]"),
        ("[9223372036854775807, 9223372036854775808]", "[i9223372036854775807, I9223372036854775808]"),
        ("[-9223372036854775808, -0x8000000000000001]", "[i-9223372036854775808, I-9223372036854775809]"),
        ("0b_", "error"),
        ("0x_", "error"),
        ("2001-12-14", "t2001-12-14"),
        ("2001-1-1", "\"2001-1-1\""),
        ("2001-12-14t21:59:43.1-05:30", "t2001-12-14t21:59:43.1-05:30"),
        ("2001-1-1 1:59:43", "t2001-1-1 1:59:43"),
        ("2001-12-14 21:59:43 Z", "t2001-12-14 21:59:43 Z"),
        ("2001-02-29", "error"),
        ("2001-01-01 24:00:00", "error"),
        ("=", "error"),
        ("a: =", "error"),
        ("=: a", "{\"=\": \"a\"}"),
        ("a: <<", "error"),
        ("'<<': a", "{\"<<\": \"a\"}"),
    ]);
}

#[test]
fn explicit_tag_sets_the_type_and_rejects_a_value_that_does_not_fit() {
    check(&[
        ("!!str 5", "\"5\""),
        ("!!int \"5\"", "i5"),
        ("!!int 0o17", "i15"),
        ("!!int \" 5 \"", "i5"),
        ("!!int x", "error"),
        ("!!float 1", "f1.0"),
        ("!!float 1e400", "finf"),
        ("!!bool yEs", "true"),
        ("!!bool 1", "error"),
        ("!!null x", "null"),
        ("!!binary aGVs bG8=", "b\"hello\""),
        ("!!binary a", "error"),
        ("!!timestamp 2001-1-1", "t2001-1-1"),
        ("!!set {a, b}", "set(\"a\", \"b\")"),
        ("!!omap [a: 1, b: 2]", "pairs(\"a\": i1, \"b\": i2)"),
        ("!!pairs [a: 1, a: 2]", "pairs(\"a\": i1, \"a\": i2)"),
        ("!!pairs [{a: 1, b: 2}]", "error"),
        ("!!str", "\"\""),
        ("! \"12\"", "i12"),
        ("! 'x'", "\"x\""),
        ("!!str {=: hi}", "\"hi\""),
        ("!!str [a]", "error"),
        ("!!map [a]", "error"),
        ("!foo bar", "error"),
        ("!!python/str hi", "error"),
        ("!<tag:yaml.org,2002:str> 5", "\"5\""),
        ("!!s%74r 5", "\"5\""),
        ("!nobody!str 5", "error"),
    ]);
}

#[test]
fn alias_and_merge_key_give_the_pairs_of_a_python_dict() {
    check(&[
        ("a: &x [1]\nb: *x", "{\"a\": [i1], \"b\": [i1]}"),
        ("a: *x", "error"),
        ("a: &x 1\nb: &x 2", "error"),
        ("<<: {a: 1, b: 2}\na: 3", "{\"a\": i3, <\"b\": i2}"),
        ("<<: [{a: 1}, {a: 2, b: 3}]", "{<\"a\": i1, <\"b\": i3}"),
        ("<<: {a: 1}\n<<: {a: 2}", "{<\"a\": i2}"),
        ("x: &x {<<: {a: 1}, b: 2}\ny: {<<: *x}", "{\"x\": {<\"a\": i1, \"b\": i2}, \"y\": {<\"a\": i1, <\"b\": i2}}"),
        ("<<: {1: a}\n1.0: b", "{i1: \"b\"}"),
        ("<<: !foo {a: 1}", "{<\"a\": i1}"),
        ("<<: 5", "error"),
        ("<<: [a]", "error"),
        ("a: 1\na: 2", "{\"a\": i1, \"a\": i2}"),
        ("? [a]\n: b", "error"),
        ("{{a: b}: c}", "error"),
        ("{1: a, null: b, yes: c}", "{i1: \"a\", null: \"b\", true: \"c\"}"),
    ]);
}

#[test]
fn scalar_in_each_style_gives_the_text_of_pyyaml() {
    check(&[
        ("a: b\n  c\n\n  d", "{\"a\": \"b c\\nd\"}"),
        ("'it''s'", "\"it's\""),
        ("'a\n\n  b'", "\"a\\nb\""),
        ("\"a \n b\"", "\"a b\""),
        ("\"a\\\n  b\"", "\"ab\""),
        (r#""\x41\u263a\U0001F600\/\t\0\N""#, "\"A☺😀/\\t\\0\\u{85}\""),
        (r#""\z""#, "error"),
        (r#""\x4""#, "error"),
        ("\"a", "error"),
        ("'a\n---\nb'", "error"),
        ("|\n a\n  b\n\n c\n", "\"a\\n b\\n\\nc\\n\""),
        ("|-\n a\n", "\"a\""),
        ("|+\n a\n\n", "\"a\\n\\n\""),
        (">\n a\n b\n\n c\n  d\n", "\"a b\\nc\\n d\\n\""),
        ("|2\n   a\n", "\" a\\n\""),
        ("|0\n a", "error"),
        ("a: |\n b\n c: d", "{\"a\": \"b\\nc: d\"}"),
        ("a\u{2028}b", "\"a\\u{2028}b\""),
        ("http://x:80/y?z#q", "\"http://x:80/y?z#q\""),
        ("a #b", "\"a\""),
        ("{a: http://x, b:c}", "{\"a\": \"http://x\", \"b:c\": null}"),
        ("[a?b]", "error"),
        ("a\t", "error"),
        ("a:\tb", "error"),
        ("\ta: b", "error"),
        ("a: b: c", "error"),
        ("@a", "error"),
        ("`a", "error"),
        ("%a", "error"),
        ("a: %b", "error"),
    ]);
}

#[test]
fn collection_in_each_style_gives_the_items_of_pyyaml() {
    check(&[
        ("a:\n- b\n- c: d\n-\n", "{\"a\": [\"b\", {\"c\": \"d\"}, null]}"),
        ("- - a\n  - b\n- {}\n- []", "[[\"a\", \"b\"], {}, []]"),
        ("? a\n: b\n? c", "{\"a\": \"b\", \"c\": null}"),
        ("[a: b, ? c : d, e]", "[{\"a\": \"b\"}, {\"c\": \"d\"}, \"e\"]"),
        ("{a, b: , c: d,}", "{\"a\": null, \"b\": null, \"c\": \"d\"}"),
        ("[,]", "error"),
        ("[a", "error"),
        ("[a}", "error"),
        ("a]", "\"a]\""),
        ("]", "error"),
        ("a: 1\n b: 2", "error"),
        ("a:\n  b: 1\n c: 2", "error"),
        (": a", "error"),
        ("{: a}", "error"),
        ("- a\nb: c", "error"),
    ]);
    let key = "k".repeat(1025);
    assert_eq!(load(format!("{}: v", &key[1..])), format!("{{\"{}\": \"v\"}}", &key[1..]));
    assert_eq!(load(format!("{key}: v")), "error");
}

#[test]
fn text_that_differs_from_pyyaml_on_purpose_is_rejected() {
    check(&[
        ("&a [*a]", "error"),
        ("&a {b: 1, <<: *a}", "error"),
        (r#""\ud83d\ude00""#, "error"),
        ("!!int \"\u{663}\"", "error"),
        ("!!int \"1:-2\"", "error"),
    ]);
    assert_eq!(load(format!("0x{}", "f".repeat(400))), "error");
}

#[test]
fn mark_of_a_node_counts_lines_and_characters_from_one() {
    let text = decode("a: 1\r\n\u{e9}\u{e9}: &x 'b'\n".as_bytes(), &Limits::default()).ok().unwrap();
    let document = parse(&text, &Limits::default()).ok().unwrap();
    assert_eq!(document.root().start, Mark { line: 1, column: 1 });
    let Value::Map(pairs) = &document.root().value else { panic!("not a mapping") };
    assert_eq!(document.node(pairs[1].key).start, Mark { line: 2, column: 1 });
    assert_eq!(document.node(pairs[1].value).start, Mark { line: 2, column: 5 });
}

#[test]
fn error_for_bad_text_has_the_place_and_never_quotes_the_text() {
    for (text, line, column) in [
        ("a: 1\nb: @hunter2", 2, 4),
        ("a: *hunter2", 1, 4),
        ("a: !hunter2", 1, 4),
        ("a: %hunter2", 1, 4),
        ("a: \"hunter2\\z\"", 1, 12),
        ("a: hunter2: x", 1, 11),
        ("a: [hunter2", 1, 12),
        ("é: \x07hunter2", 1, 4),
        ("a: 1\nhunter2", 2, 1),
    ] {
        let error = error(text, &Limits::default());
        assert_eq!(error.mark, Some(Mark { line, column }), "{text:?}: {}", error.message);
        assert!(!error.message.contains("unter"), "{}", error.message);
    }
    assert_eq!(error(b"a: 1\r\nb: \xff", &Limits::default()).mark, Some(Mark { line: 2, column: 4 }));
}

#[test]
fn limit_exceeded_directly_or_through_aliases_is_named_in_the_error() {
    let limits = Limits { max_bytes: 4000, max_depth: 10, max_nodes: 100, max_scalar_bytes: 50 };
    let over = |text: &str, limit: &str| {
        let message = error(text, &limits).message;
        assert!(message.contains(limit), "{message}");
    };
    over(&"#".repeat(4001), "4000 bytes");
    over(&format!("a: {}", "x".repeat(51)), "50 bytes");
    over(&"[".repeat(11), "10 levels");
    over(&"- ".repeat(11), "10 levels");
    over("a: &a [[[[[1]]]]]\nb: [[[[*a]]]]", "10 levels");
    over(&format!("[{}]", "1,".repeat(100)), "100 keys and values");
    let tenfold = |name: &str, from: &str| format!("{name}: &{name} [{}]\n", format!("*{from} ,").repeat(10));
    over(&format!("a: &a 1\n{}{}", tenfold("b", "a"), tenfold("c", "b")), "100 keys and values");
    let merge = |name: &str, from: &str| format!("{name}: &{name} {{<<: [{}]}}\n", format!("*{from} ,").repeat(10));
    over(&format!("a: &a {{x: 1}}\n{}{}", merge("b", "a"), merge("c", "b")), "100 keys and values");

    let repeated = format!("a: &a {}\nb: [{}]", "x".repeat(50), "*a ,".repeat(90));
    let limits = Limits { max_bytes: 1000, ..limits.clone() };
    assert!(error(&repeated, &limits).message.contains("repeat more than 1000 bytes"));
}
