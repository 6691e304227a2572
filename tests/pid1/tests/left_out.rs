//! What an image asks for and does not get is said, once, with what to do; and what of it takes
//! effect.
#![forbid(unsafe_code)]

use harness::{Layout, Root};
use pid1_tests::{BOOTED, IDLE, Image, assert_none, assert_once, assert_order, code, sh, stop};

/// An engine makes an empty directory where the source of a bind mount does not exist.
const A_DIRECTORY: &str = "it is a directory, which cannot be run; put a script here, or correct \
                           the bind mount";

#[test]
fn a_directory_in_a_hook_s_place_is_a_hook_that_fails() {
    let image = Image::new();
    image.hook("10", "echo first");
    image.directory("/etc/cont-init.d/20-missing-source");
    image.hook("30", "echo third");
    image.service("a", "echo a up; exec sleep 1000");
    let line = format!("/etc/cont-init.d/20-missing-source: {A_DIRECTORY}");
    for behaviour in ["0", "1"] {
        let container = image
            .init([])
            .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", behaviour)
            .boot();
        container.wait_for_line("a up");
        container.wait_for_line(BOOTED);
        let order = ["first", "20-missing-source: exited 126.", "third", BOOTED];
        assert_order(&container, &order);
        assert_once(&container, &line);
        stop(&container);
    }
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    assert_eq!(code(&container), 126);
    assert_once(&container, &line);
    assert_once(&container, "the container stops with that code");
    assert_none(&container, "third");
    assert_none(&container, "a up");
}

#[test]
fn a_directory_in_the_place_of_a_stop_hook_and_of_an_owners_list_is_said() {
    let image = Image::new();
    image.directory("/etc/cont-finish.d/10");
    image.stop_hook("20", "echo second");
    image.directory("/etc/fix-attrs.d/10");
    let container = image
        .init([])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    container.wait_for_line(BOOTED);
    assert_once(&container, "/etc/fix-attrs.d/10: cannot read");
    assert_eq!(stop(&container).code(), Some(0));
    assert_once(&container, &format!("/etc/cont-finish.d/10: {A_DIRECTORY}"));
    assert_order(&container, &["10: exited 126.", "second"]);
}

#[test]
fn services_of_the_other_generation_are_said() {
    let image = Image::new();
    let container = image.up();
    assert_none(&container, "s6-overlay 3");
    stop(&container);
    for name in ["web", "db"] {
        image.write(format!("/etc/s6-overlay/s6-rc.d/{name}/type"), "longrun\n");
    }
    image.directory("/etc/s6-overlay/s6-rc.d/user/contents.d");
    let container = image.up();
    assert_once(
        &container,
        "/etc/s6-overlay/s6-rc.d: 2 services of s6-overlay 3, which this layout does not read; \
         write them as directories of /etc/services.d",
    );
    stop(&container);
}

#[test]
fn a_stop_of_the_image_s_own_is_said() {
    let image = Image::new();
    image.write_script("/etc/s6/init/init-stage3", sh("echo own stop"));
    let svscan = "/etc/s6/services/.s6-svscan";
    image.write_script(format!("{svscan}/finish"), sh("echo own finish"));
    image.write_script(format!("{svscan}/crash"), sh("echo own crash"));
    let container = image.up();
    let of_hooks = "move what it does into a script of /etc/cont-finish.d";
    for path in ["/etc/s6/init/init-stage3", &format!("{svscan}/finish")] {
        let line = format!("{path}: it is not run: the stop is PID 1's own; {of_hooks}");
        assert_once(&container, &line);
    }
    assert_once(&container, &format!("{svscan}/crash: it is not run"));
    stop(&container);
    for own in ["own stop", "own finish", "own crash"] {
        assert_none(&container, own);
    }
    // What the original brings and what we install says nothing.
    let image = Image::new();
    let only_ours = "#!/bin/execlineb -S0\n/etc/s6/init/init-stage3 $@\n";
    image.write_script(format!("{svscan}/finish"), only_ours);
    let container = image.up();
    assert_none(&container, "it is not run");
    stop(&container);
}

/// The command that public images have in their Dockerfile.
#[test]
fn a_sed_that_takes_hup_out_of_the_last_signals_takes_effect() {
    let left_over = format!(
        "(trap 'echo left got HUP' HUP; trap 'echo left got TERM; exit' TERM; echo left up; {IDLE}) & \
         while [ ! -e /up ]; do usleep 5000; done"
    );
    let image = Image::new();
    image.hook(
        "1",
        &left_over.replace("echo left up;", "echo left up; touch /up;"),
    );
    let container = image.up();
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(&container, &["left up", "left got HUP", "left got TERM"]);

    let sed = [
        "sed",
        "-i",
        "s/s6-nuke -th/s6-nuke -t/",
        "/etc/s6/init/init-stage3",
    ];
    let words = sed.map(|word| match word.starts_with("/etc") {
        true => image
            .mounted_at()
            .join(word.trim_start_matches('/'))
            .into_os_string(),
        false => word.into(),
    });
    assert!(image.with_tree(words).status.success());
    let container = image.up();
    assert_none(&container, "it is not run");
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(&container, &["left up", "left got TERM"]);
    assert_none(&container, "left got HUP");
    // Also as the last resort.
    let container = image.up();
    for count in 1..=3 {
        container.signal(harness::signal::SEGV);
        container.wait_for_nth_line(count, "PID 1 crashed");
    }
    assert_eq!(stop(&container).code(), Some(0));
    assert_order(&container, &["left up", "left got TERM"]);
    assert_none(&container, "left got HUP");
}

/// Where the layout is the overlay's alone, the same is said.
#[test]
fn the_other_layout_says_the_same() {
    let root = Root::busybox();
    root.install(Layout::S6V2);
    root.write("/etc/s6-overlay/s6-rc.d/web/type", "longrun\n");
    root.directory("/etc/cont-init.d/10");
    let container = harness::Container::new(&root, ["/init"])
        .one_stream()
        .boot();
    container.wait_for_line(BOOTED);
    assert_once(&container, "1 service of s6-overlay 3");
    assert_once(&container, A_DIRECTORY);
    stop(&container);
}
