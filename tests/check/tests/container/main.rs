//! Containers that are tested, on a real engine: from within, and through their lives.
#![forbid(unsafe_code)]

mod inside;
mod lives;

use std::process::Command;
use std::sync::Once;

use check_tests::dgoss::Place;
use harness::{Engine, Layout, Root};

fn command(place: &Place, name: &str, words: &[&str]) -> Command {
    let mut command = place.command(name, words);
    Engine::shared().speak_to(&mut command);
    command
}

/// What a test has left behind: none of the containers is anybody else's, since each carries the
/// name of its test.
#[track_caller]
fn assert_clean(place: &Place, label: &str) {
    assert_eq!(place.left_in_temp(), [] as [String; 0]);
    let filter = format!("label=test={label}");
    let all = Engine::shared().docker(["ps", "-a", "-q", "--filter", &filter]);
    assert_eq!(all.text(), "", "containers are left");
}

/// BusyBox with Mainstay and a service.
fn service_image() -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let root = Root::busybox();
        root.install(Layout::S6V2);
        root.write_script(
            "/etc/services.d/web/run",
            "#!/usr/bin/with-contenv sh\ntrap 'exit 0' TERM\n\
             echo \"web says ${GREETING:-nothing}\"\nwhile :; do sleep 1000 & wait $!; done\n",
        );
        Engine::shared().import(&root, "test/web", &["ENTRYPOINT [\"/init\"]"]);
    });
    "test/web"
}
