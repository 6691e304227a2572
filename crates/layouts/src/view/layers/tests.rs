use super::*;
use crate::view::{Identity, View};
use temp::{Temp, set_mode};

fn view(temp: &Temp, layers: &[&str], list: Listed) -> View {
    let mut all: Vec<Layer> = layers
        .iter()
        .map(|name| Layer::disk(&temp.at(name), false).unwrap())
        .collect();
    all.insert(1.min(all.len()), Layer::Listed(list));
    View::image(Layers::new(all).unwrap(), Identity::default())
}

fn text(view: &View, path: &str) -> String {
    let start = view.read_start(Path::new(path), 100);
    String::from_utf8(start.unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

#[test]
fn the_upper_layer_wins_and_directories_are_one() {
    let temp = Temp::new();
    temp.write("up/etc/a", "upper");
    temp.write("low/etc/a", "lower");
    temp.write("low/etc/b", "below");
    temp.write("up/dir-or-file/x", "x");
    temp.write("low/dir-or-file", "hidden");
    let mut list = Listed::default();
    list.add(b"/etc/c", Entry::File(b"listed".to_vec(), 0o755));
    list.add(b"/etc/a", Entry::File(b"never".to_vec(), 0o755));
    let view = view(&temp, &["up", "low"], list);
    assert_eq!(text(&view, "/etc/a"), "upper");
    assert_eq!(text(&view, "/etc/b"), "below");
    assert_eq!(text(&view, "/etc/c"), "listed");
    assert_eq!(view.names(Path::new("/etc")).unwrap(), [b"a", b"b", b"c"]);
    assert_eq!(view.names(Path::new("/dir-or-file")).unwrap(), [b"x"]);
    assert!(view.is_executable(Path::new("/etc/c")));
    assert!(!view.is_executable(Path::new("/etc/a")));
}

#[test]
fn links_lead_through_all_layers_and_never_out_of_them() {
    let temp = Temp::new();
    temp.write("secret", "outside");
    temp.write("low/secret", "inside");
    temp.write("low/usr/bin/sh", "shell");
    temp.link("usr/bin", "low/bin");
    temp.link("/bin/sh", "up/abs");
    temp.link("../../../../secret", "up/a/up");
    temp.link(temp.at("secret"), "up/out");
    temp.link("a/./../a/up", "up/chain");
    temp.write("up/bin/own", "own");
    let view = view(&temp, &["up", "low"], Listed::default());
    assert_eq!(text(&view, "/abs"), "shell");
    assert_eq!(text(&view, "/a/up"), "inside");
    assert_eq!(text(&view, "/chain"), "inside");
    assert_eq!(text(&view, "/../../secret"), "inside");
    assert!(!view.exists(Path::new("/out")));
    // A directory over a link to one: both are seen.
    assert_eq!(text(&view, "/bin/own"), "own");
    assert_eq!(text(&view, "/bin/sh"), "shell");
    assert_eq!(
        view.names(Path::new("/bin/")).unwrap(),
        [&b"own"[..], b"sh"]
    );
    assert_eq!(
        view.program(b"sh", b"relative:/none:/bin").as_deref(),
        None,
        "it may not be executed"
    );
    set_mode(&temp.at("low/usr/bin/sh"), 0o755);
    let found = view.program(b"sh", b"relative:/none:/bin");
    assert_eq!(found.as_deref(), Some(Path::new("/bin/sh")));
}

#[test]
fn circles_end_and_only_regular_files_are_opened() {
    let temp = Temp::new();
    temp.link("b", "t/a");
    temp.link("a", "t/b");
    temp.link("up", "low/up");
    temp.dir("t/up");
    temp.write("t/file", "x");
    kernel::fs::make_fifo(&temp.at("t/fifo"), 0o600).unwrap();
    temp.link("/dev/zero", "t/zero");
    let view = view(&temp, &["t", "low"], Listed::default());
    let error = view.stat(Path::new("/a")).unwrap_err();
    assert!(errno::is(&error, errno::ELOOP));
    assert!(view.is_dir(Path::new("/up")));
    for path in ["/file/x", "/file/", "/file/.."] {
        let error = view.stat(Path::new(path)).unwrap_err();
        assert!(errno::is(&error, errno::ENOTDIR), "{path}: {error}");
    }
    for path in ["/fifo", "/up", "/zero", "/a", "/"] {
        assert!(view.read_start(Path::new(path), 10).is_err(), "{path}");
    }
    assert!(view.is_dir(Path::new("/")));
    assert!(view.link_stat(Path::new("/zero")).unwrap().is_link());
}

#[test]
fn real_places_are_found_also_of_what_does_not_exist() {
    let temp = Temp::new();
    temp.dir("t/usr/bin");
    temp.link("usr/bin", "t/bin");
    temp.link("/bin", "t/sbin");
    let layers = Layers::new(vec![Layer::disk(&temp.at("t"), false).unwrap()]).unwrap();
    assert_eq!(layers.real(b"/sbin").unwrap(), b"/usr/bin");
    assert_eq!(layers.real(b"/sbin/new/dir").unwrap(), b"/usr/bin/new/dir");
    assert_eq!(layers.real(b"/").unwrap(), b"");
}

#[test]
fn rights_are_those_of_the_user() {
    let temp = Temp::new();
    temp.script("t/mine", "");
    set_mode(&temp.at("t/mine"), 0o700);
    let at = |copied, uid| {
        let layer = Layer::disk(&temp.at("t"), copied).unwrap();
        let user = Identity {
            uid,
            gids: vec![uid],
        };
        View::image(Layers::new(vec![layer]).unwrap(), user).is_executable(Path::new("/mine"))
    };
    assert!(at(true, 0));
    assert!(!at(true, 1000));
    let own = kernel::credentials::user();
    assert!(at(false, own));
}
