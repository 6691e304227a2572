//! The base trees: each is the system that it says it is.
#![forbid(unsafe_code)]

use harness::{Container, Root};

/// What a script prints as PID 1 over `root`.
fn told(root: &Root, script: &str) -> String {
    let container = Container::new(root, ["/bin/sh", "-c", script]).boot();
    assert_eq!(container.wait().code(), Some(0), "{script}");
    container.log().text()
}

#[test]
fn debian_is_of_the_release_that_was_asked_for() {
    for (root, release) in [(Root::debian(), "12"), (Root::debian_13(), "13")] {
        let text = told(
            &root,
            ". /etc/os-release; echo $ID $VERSION_ID; command -v apt-get",
        );
        assert_eq!(text.lines().next(), Some(&*format!("debian {release}")));
        assert!(text.contains("apt-get"), "{text}");
    }
}

#[test]
fn alpine_is_alpine_and_its_gnu_programs_are_packages() {
    let ask = ". /etc/os-release; echo $ID; apk --version; busybox | head -n 1; ls /lib/ld-musl-*";
    let text = told(&Root::alpine_bare(), ask);
    for part in ["alpine\n", "apk-tools 3.", "BusyBox v1.", "ld-musl-x86_64"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let root = Root::alpine();
    let text = told(
        &root,
        "bash --version | head -n 1; sed --version | head -n 1; grep --version | head -n 1;
         apk info -e bash sed grep; apk audit --system --packages --quiet --recursive",
    );
    for part in [
        "GNU bash",
        "(GNU sed)",
        "(GNU grep)",
        "bash\n",
        "sed\n",
        "grep\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!root.exists("/tmp/mirror"));
}
