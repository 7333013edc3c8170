//! Reading a file.

use crate::config::{LoadOptions, load};

#[test]
fn load_reads_yaml_files_and_says_why_others_are_unusable() {
    let directory = std::env::temp_dir().join(format!("argus-auth-config-{}", std::process::id()));
    std::fs::create_dir_all(directory.join("folder.yaml")).unwrap();
    for (name, content, expected) in [
        ("good.yaml", Some("backends: {b: {type: sse, url: http://b}}"), None),
        ("good.YML", Some("backends: {b: {type: sse, url: http://b}}"), None),
        ("bad.json", Some("{}"), Some("only YAML files are read; the name must end in .yaml or .yml")),
        (".yaml", Some("{}"), Some("only YAML files are read; the name must end in .yaml or .yml")),
        ("missing.yaml", None, Some("the file does not exist")),
        ("folder.yaml", None, Some("the file is a directory; it must be a file")),
    ] {
        let path = directory.join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        match (load(&path, &LoadOptions::default()), expected) {
            (Ok(config), None) => assert_eq!(config.backends.len(), 1),
            (Err(error), Some(expected)) => {
                assert_eq!(error.file, Some(path.clone()));
                assert_eq!(error.to_string(), format!("{}: 1 problem\n  {expected}", path.display()));
            }
            (result, expected) => panic!("{name}: {result:?}, expected {expected:?}"),
        }
    }
    let large = directory.join("large.yaml");
    std::fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let error = load(&large, &LoadOptions::default()).unwrap_err();
    assert_eq!(error.problems[0].message, "the file is larger than the limit of 10485760 bytes");
    // Opening a pipe would block until another process opens it for writing.
    let pipe = directory.join("pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = load(&pipe, &LoadOptions::default()).unwrap_err();
    assert_eq!(error.problems[0].message, "the file is not a regular file");
    std::fs::remove_dir_all(directory).unwrap();
}
