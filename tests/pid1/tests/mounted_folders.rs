//! Hooks and services from folders that are mounted read-only and 0777: a ConfigMap or Secret of
//! Kubernetes, the shares of a desktop engine. The mode of such a folder says nothing about who may
//! write to it, so no copy takes it over.
#![forbid(unsafe_code)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use harness::{Command, Container, Scratch};
use pid1_tests::{BOOTED, Image, assert_none, assert_once, place, sh, stop};

/// The attacker's user, whom nothing was given.
const ATTACKER: u32 = 4242;

/// SIGSEGV from outside: to PID 1 it is what a defect of its own would be.
const SEGV: i32 = 11;

const STATE: &str = "/var/run/s6";

/// A folder of the machine for one container.
struct Folder(Scratch);

impl Folder {
    /// A volume as the kubelet lays it out: real files below a directory of their own, and two
    /// links to each. The files have the volume's `defaultMode`.
    fn volume(mode: u32, files: &[(&str, &str)]) -> Folder {
        let folder = Folder::share(0, &[]);
        let data = folder.path().join("..2026_01_01");
        for (name, text) in files {
            let path = data.join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            let first = Path::new(name).components().next().expect("a name");
            let link = folder.path().join(first);
            if link.symlink_metadata().is_err() {
                symlink(Path::new("..data").join(first), link).expect("a link");
            }
        }
        symlink("..2026_01_01", folder.path().join("..data")).expect("a link");
        folder
    }

    /// A folder in which everything is 0777 and belongs to `uid`.
    fn share(uid: u32, files: &[(&str, &str)]) -> Folder {
        let scratch = Scratch::new();
        let top = scratch.path().join("folder");
        fs::create_dir(&top).expect("made");
        let folder = Folder(scratch);
        for (name, text) in files {
            folder.0.write(&format!("folder/{name}"), text);
        }
        open_to_all(&top, uid);
        folder
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("folder")
    }
}

fn open_to_all(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("an owner");
    fs::set_permissions(path, Permissions::from_mode(0o777)).expect("a mode");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory").flatten() {
            open_to_all(&entry.path(), uid);
        }
    }
}

fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image.directory("/talk").mode("/talk", 0o777);
    image
}

fn run(name: &str) -> String {
    sh(&format!("echo {name} runs\nexec sleep 1000"))
}

/// Boots while the attacker already waits for the first copy, lets everything be copied, read and
/// started again in every way that there is, and fails if anything below the state's directory could be
/// changed.
fn under_attack(what: &str, container: Command<'_>, service: &str) {
    let container = container.boot();
    let attack = container
        .prepare(["/attacker", "plant", STATE, "/talk"])
        .user(ATTACKER, ATTACKER)
        .limit(std::time::Duration::from_secs(150))
        .spawn();
    container.wait_for_line(BOOTED);
    let runs = format!("{service} runs");
    container.wait_for_line(&runs);
    let mut times = 1;
    let mut again = |container: &Container| {
        container.exec(["s6-svc", "-r", &place(service)]).ok();
        times += 1;
        container.wait_for_nth_line(times, &runs);
    };
    again(&container);
    // A rescan, and the steps that copy, called again.
    container.exec(["s6-svscanctl", "-a", &place("")]).ok();
    for _ in 0..20 {
        for step in ["user-files", "services"] {
            container
                .exec(["/usr/libexec/mainstay/boot-step", step])
                .ok();
        }
    }
    again(&container);
    container.signal(SEGV);
    container.wait_for_line("goes on from its last state");
    container.exec(["s6-svscanctl", "-a", &place("")]).ok();
    again(&container);
    container.write("/talk/over", "");
    let output = attack.wait().ok();
    assert_eq!(output.text(), "", "{what}");
    assert_eq!(stop(&container).code(), Some(0), "{what}");
    assert_none(&container, "evil");
}

/// Waits for the attacker ahead of the first copy.
fn wait_for_the_attacker(image: &Image) {
    image.run_d("1.sh", "until test -e /talk/watching; do sleep 0.01; done");
}

/// A plain PID 1 is attacked by other users as root is.
fn as_user<'a>(image: &'a Image, uid: u32) -> Command<'a> {
    image
        .command("/run.sh", &[])
        .user(uid, uid)
        .tmpfs_with("/run", "mode=777")
}

#[test]
fn a_service_from_a_configmap_is_not_everybody_s() {
    for uid in [0, 1000] {
        let image = image();
        wait_for_the_attacker(&image);
        image.directory("/etc/services.d/web");
        let files = [
            ("run", &*run("web")),
            ("finish", "#!/bin/sh\n"),
            ("data/check", "#!/bin/sh\n"),
        ];
        let volume = Folder::volume(0o777, &files);
        fs::set_permissions(volume.path(), Permissions::from_mode(0o777)).expect("a mode");
        let container = as_user(&image, uid);
        let container = container.bind_read_only(volume.path(), "/etc/services.d/web");
        under_attack(&format!("as {uid}"), container, "web");
    }
}

/// Every place that something is copied from, and every kind of file that is run or gives orders.
#[test]
fn a_desktop_s_share_is_not_everybody_s() {
    let service = [
        ("web/run", &*run("web")),
        ("web/finish", "#!/bin/sh\n"),
        ("web/log/run", &*sh("exec cat")),
        ("web/data/check", "#!/bin/sh\n"),
        ("web/env/NAME", "value"),
        ("web/notification-fd", "3"),
    ];
    let own = [
        (".s6-svscan/SIGUSR1", "#!/bin/sh\n"),
        ("helper/run", &*run("helper")),
    ];
    let hooks = [("10-a", "#!/bin/sh\necho hook runs\n")];
    let attrs = [("10-a", "/srv true root 0644 0755\n")];
    for uid in [0, 1000] {
        // What belongs to a user there is not that user's to change either.
        for owner in [0, ATTACKER] {
            let image = image();
            wait_for_the_attacker(&image);
            image.service("other", "exec sleep 1000");
            let what = format!("as {uid}, of {owner}");
            let places = [
                ("/etc/services.d", Folder::share(owner, &service)),
                ("/etc/s6/services", Folder::share(owner, &own)),
                ("/etc/cont-init.d", Folder::share(owner, &hooks)),
                ("/etc/cont-finish.d", Folder::share(owner, &hooks)),
                ("/etc/fix-attrs.d", Folder::share(owner, &attrs)),
            ];
            let mut container = as_user(&image, uid).env("S6_READ_ONLY_ROOT", "1");
            for (path, folder) in &places {
                container = container.bind_read_only(folder.path(), path);
            }
            under_attack(&what, container, "web");
        }
    }
}

/// A hook copies the mounted folder where services are run, modes included. What was planted before it
/// was seen is not undone; so nobody attacks here, and the line is the cure.
#[test]
fn what_a_hook_copied_with_its_mode_is_taken_from_everybody_and_told() {
    let folder = Folder::share(0, &[("run", &run("late")), ("data/check", "#!/bin/sh\n")]);
    for uid in [0, 1000] {
        let image = Image::new();
        image.directory("/config");
        image.hook("10-copy", "cp -a /config /var/run/s6/services/early");
        let container = image
            .init([])
            .user(uid, uid)
            .tmpfs_with("/run", "mode=777")
            .bind_read_only(folder.path(), "/config")
            .boot();
        container.wait_for_nth_line(1, "late runs");
        let copy = ["/bin/cp", "-a", "/config", "/var/run/s6/services/late"];
        container.prepare(copy).user(uid, uid).run();
        container.exec(["s6-svscanctl", "-a", &place("")]).ok();
        container.wait_for_nth_line(2, "late runs");
        for name in ["early", "late"] {
            container.wait_for_line(&format!("{name}: others could write to it (mode 0777)"));
            for file in ["", "/run", "/data", "/data/check"] {
                let path = format!("{}{file}", place(name));
                let mode = container
                    .metadata(&path)
                    .expect("it is there")
                    .permissions();
                assert_eq!(mode.mode() & 0o022, 0, "{path}");
            }
        }
        stop(&container);
        assert_once(&container, "early: others could write to it");
        assert_once(&container, "late: others could write to it");
    }
}

/// The author's file, and the remedy for its kind of mount; once.
#[test]
fn a_run_without_its_run_bit_is_told_once_by_its_own_name() {
    let volume = Folder::volume(0o644, &[("run", &run("web"))]);
    let share = Folder(Scratch::new());
    share.0.write("folder/run", run("web"));
    for (folder, remedy) in [
        (&volume, "set `defaultMode: 0755` for the volume"),
        (&share, "chmod 0755 it where it comes from"),
    ] {
        for (uid, state) in [(0, "/run"), (1000, "/run"), (1000, "/nowhere")] {
            let image = Image::new();
            image.directory("/etc/services.d/web").directory("/nowhere");
            let container = image.init([]).user(uid, uid).tmpfs_with(state, "mode=777");
            let container = container
                .bind_read_only(folder.path(), "/etc/services.d/web")
                .boot();
            container.wait_for_line(BOOTED);
            let line = container.wait_for_line("it is not executable");
            let said = "/etc/services.d/web/run: it is not executable for this user; ";
            assert!(line.text.contains(said), "{uid}: {}", line.text);
            assert!(line.text.contains(remedy), "{uid}: {}", line.text);
            container.exec(["mainstay", "restart", "web"]);
            stop(&container);
            assert_once(&container, "it is not executable");
            assert_none(&container, "services/web/run: ");
        }
    }
}
