use std::os::unix::fs::MetadataExt;

use kernel::accounts::Accounts;
use kernel::credentials;

use super::super::run;
use super::*;
use temp::{Temp, mode, set_mode};

/// Applies lines in which `@` stands for the directory and `ME` for this user.
fn apply_lines(temp: &Temp, text: &str, hidden: bool) -> Vec<String> {
    let me = format!("{}:{}", credentials::user(), credentials::group());
    let base = temp
        .at("")
        .to_string_lossy()
        .trim_end_matches('/')
        .to_string();
    let text = text.replace('@', &base).replace("ME", &me);
    let problems = run(
        Path::new("list"),
        text.as_bytes(),
        &Accounts::default(),
        hidden,
    );
    problems
        .iter()
        .map(|problem| problem.to_string().replace(&base, "@"))
        .collect()
}

fn tree() -> Temp {
    let temp = Temp::new();
    for name in ["d/a", "d/.hidden", "d/sub/b", "d/sub/.c"] {
        set_mode(&temp.write(name, ""), 0o600);
    }
    set_mode(&temp.at("d"), 0o700);
    set_mode(&temp.at("d/sub"), 0o700);
    temp
}

#[test]
fn without_recursion_only_the_path_itself_is_changed() {
    let temp = tree();
    assert!(apply_lines(&temp, "@/d false ME 0640 0750", false).is_empty());
    assert_eq!(mode(&temp.at("d")), 0o750);
    assert_eq!(mode(&temp.at("d/a")), 0o600);
}

#[test]
fn recursion_leaves_hidden_files_alone_unless_asked() {
    let temp = tree();
    assert!(apply_lines(&temp, "@/d true ME 0640 2750", false).is_empty());
    let modes = |names: [&str; 6]| names.map(|name| mode(&temp.at(name)));
    let names = ["d", "d/a", "d/sub", "d/sub/b", "d/.hidden", "d/sub/.c"];
    assert_eq!(modes(names), [0o2750, 0o640, 0o2750, 0o640, 0o600, 0o600]);
    assert!(apply_lines(&temp, "@/d true ME 0644 -", true).is_empty());
    assert_eq!(modes(names), [0o2750, 0o644, 0o2750, 0o644, 0o644, 0o644]);
}

#[test]
fn patterns_name_many_and_the_last_line_needs_no_newline() {
    let temp = Temp::new();
    for name in ["s/a/run", "s/b/run", "s/b/finish", "s/.h/run"] {
        set_mode(&temp.write(name, ""), 0o644);
    }
    let lines = "@/s/*/run false ME 0755 0755\n@/s/?/fin* false ME 0700 -\n@/none/* true ME 1 1\n@/gone false ME 1 1\n@/s/a/ false ME 0644 0711";
    assert!(apply_lines(&temp, lines, false).is_empty());
    assert_eq!(mode(&temp.at("s/a/run")), 0o755);
    assert_eq!(mode(&temp.at("s/b/run")), 0o755);
    assert_eq!(mode(&temp.at("s/b/finish")), 0o700);
    assert_eq!(mode(&temp.at("s/.h/run")), 0o644);
    assert_eq!(mode(&temp.at("s/a")), 0o711);
}

#[test]
fn recursion_on_a_file_changes_the_file() {
    let temp = Temp::new();
    set_mode(&temp.write("file", ""), 0o600);
    assert!(apply_lines(&temp, "@/file true ME 664 -", false).is_empty());
    assert_eq!(mode(&temp.at("file")), 0o664);
}

#[test]
fn links_below_a_directory_are_never_followed() {
    let temp = tree();
    set_mode(&temp.write("secret", ""), 0o600);
    set_mode(&temp.write("other/file", ""), 0o600);
    temp.link("../secret", "d/link");
    temp.link("../../other", "d/sub/dir");
    assert!(apply_lines(&temp, "@/d true ME 0666 0777", false).is_empty());
    assert_eq!(mode(&temp.at("secret")), 0o600);
    assert_eq!(mode(&temp.at("other/file")), 0o600);
}

#[test]
fn a_named_link_is_followed_only_where_nobody_else_could_have_put_it() {
    let temp = Temp::new();
    set_mode(&temp.write("target", ""), 0o600);
    temp.link("../target", "safe/hook");
    temp.link("../target", "open/hook");
    set_mode(&temp.at("safe"), 0o755);
    set_mode(&temp.at("open"), 0o777);
    let told = apply_lines(&temp, "@/open/* false ME 0777 -", false);
    assert_eq!(
        told,
        [
            "list:1: cannot find @/open/hook: it, or a directory above it, is a link that other users could have put there; the rest of the line is applied"
        ]
    );
    assert_eq!(mode(&temp.at("target")), 0o600);
    assert!(apply_lines(&temp, "@/safe/* false ME 0755 -", false).is_empty());
    assert_eq!(mode(&temp.at("target")), 0o755);
}

#[test]
fn every_link_to_what_pid_1_runs_is_followed_and_no_way_leads_out_of_there() {
    for path in [
        "/var/run/s6/etc/services.d/*/run",
        "/run/s6/etc/cont-init.d/*",
    ] {
        assert_eq!(links_for(path.as_bytes()), Links::InRoot, "{path}");
    }
    for path in [
        "/var/run/s6/etc/../../lib/*",
        "/var/run/s6/etcetera/x",
        "/var/lib/app/*",
        "/etc/services.d/*/run",
        "run/s6/etc/x",
    ] {
        assert_eq!(links_for(path.as_bytes()), Links::Trusted, "{path}");
    }
}

#[test]
fn a_file_with_several_names_gets_no_setuid_bit() {
    let temp = Temp::new();
    temp.write("one", "");
    temp.write("two", "");
    std::fs::hard_link(temp.at("two"), temp.at("zwei")).unwrap();
    assert!(apply_lines(&temp, "@/one false ME 4755 -\n@/two false ME 6755 -", false).is_empty());
    assert_eq!(mode(&temp.at("one")), 0o4755);
    assert_eq!(mode(&temp.at("two")), 0o755);
}

#[test]
fn fifos_are_changed_without_being_opened() {
    let temp = Temp::new();
    kernel::fs::make_fifo(&temp.at("fifo"), 0o600).unwrap();
    assert!(apply_lines(&temp, "@/fifo false ME 0622 -", false).is_empty());
    assert_eq!(mode(&temp.at("fifo")), 0o622);
}

#[test]
fn the_owner_changes_where_that_is_allowed_and_setuid_goes_with_it() {
    let temp = Temp::new();
    set_mode(&temp.write("d/file", ""), 0o4755);
    temp.link("/etc/passwd", "d/link");
    let told = apply_lines(&temp, "@/d true 12345:23456 - -", false);
    let owners = |name: &str| {
        let metadata = std::fs::symlink_metadata(temp.at(name)).unwrap();
        (metadata.uid(), metadata.gid())
    };
    if credentials::user() == 0 {
        assert!(told.is_empty(), "{told:?}");
        for name in ["d", "d/file", "d/link"] {
            assert_eq!(owners(name), (12345, 23456), "{name}");
        }
        assert_eq!(mode(&temp.at("d/file")), 0o755);
    } else {
        assert_eq!(told.len(), 3);
        assert!(
            told[0].contains("cannot change the owner of"),
            "{}",
            told[0]
        );
    }
}

#[test]
fn many_refusals_are_counted_and_not_listed() {
    let temp = Temp::new();
    for number in 0..20 {
        temp.link("../x", &format!("open/{number}"));
    }
    temp.write("x", "");
    set_mode(&temp.at("open"), 0o777);
    let told = apply_lines(&temp, "@/open/* false ME 0644 -", false);
    assert_eq!(told.len(), MOST_TOLD + 1);
    assert!(told[MOST_TOLD].contains("12 more"), "{}", told[MOST_TOLD]);
}

#[test]
fn a_deep_tree_is_walked() {
    let temp = Temp::new();
    let deep = format!("d/{}", "x/".repeat(200));
    set_mode(&temp.write(&format!("{deep}f"), ""), 0o600);
    assert!(apply_lines(&temp, "@/d true ME 0640 -", false).is_empty());
    assert_eq!(mode(&temp.at(&format!("{deep}f"))), 0o640);
}

#[test]
fn a_file_that_others_could_have_linked_there_is_left_as_it_is() {
    let temp = Temp::new();
    set_mode(&temp.write("shadow", ""), 0o640);
    temp.write("d/own", "");
    std::fs::hard_link(temp.at("shadow"), temp.at("d/planted")).unwrap();
    std::fs::hard_link(temp.at("d/own"), temp.at("d/twin")).unwrap();
    for name in ["d/own", "d"] {
        set_mode(&temp.at(name), 0o700);
    }
    // Nobody else can make entries there: an image with linked files is as it wants.
    assert!(apply_lines(&temp, "@/d true ME 0604 -", false).is_empty());
    assert_eq!(mode(&temp.at("d/planted")), 0o604);
    set_mode(&temp.at("shadow"), 0o640);
    set_mode(&temp.at("d"), 0o777);
    for line in ["@/d true ME 0666 -", "@/d/* false ME 0666 -"] {
        let told = apply_lines(&temp, line, false);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told.iter().all(|line| line.contains("it has 2 names")),
            "{told:?}"
        );
        assert_eq!(mode(&temp.at("shadow")), 0o640);
    }
}

#[test]
fn a_user_s_own_linked_files_are_changed_in_that_user_s_directory() {
    if credentials::user() != 0 {
        return;
    }
    let temp = Temp::new();
    temp.write("d/one", "");
    std::fs::hard_link(temp.at("d/one"), temp.at("d/two")).unwrap();
    set_mode(&temp.write("shadow", ""), 0o640);
    std::fs::hard_link(temp.at("shadow"), temp.at("d/planted")).unwrap();
    for name in ["d", "d/one"] {
        std::os::unix::fs::chown(temp.at(name), Some(12345), Some(12345)).unwrap();
    }
    let told = apply_lines(&temp, "@/d true 12345:23456 0604 -", false);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("@/d/planted is left as it is"), "{told:?}");
    assert_eq!(mode(&temp.at("d/one")), 0o604);
    let shadow = std::fs::metadata(temp.at("shadow")).unwrap();
    assert_eq!((shadow.uid(), mode(&temp.at("shadow"))), (0, 0o640));
}
