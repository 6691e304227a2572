//! What holds of the files of deploy/ without an engine of their kind: the schemas, the sums of grace
//! periods, and podman, which plays Kubernetes' files.

use deploy_tests::{deploy, explain, here, images, longest_stop, read, run, text, variables};
use harness::{Engine, Scratch, workspace};

const MANIFESTS: [&str; 3] = ["web.yaml", "workers.yaml", "cronjob.yaml"];

/// What follows `name: ` in a file, wherever it stands.
fn values<'text>(text: &'text str, name: &str) -> Vec<&'text str> {
    let lines = text.lines().map(str::trim_start);
    let values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    values.collect()
}

/// Those of a file that are a number of seconds, with or without an `s`.
fn seconds(text: &str, name: &str) -> Vec<u64> {
    let values = values(text, name);
    let numbers = values
        .iter()
        .map(|value| value.trim_end_matches('s').parse());
    numbers.map(|number| number.expect("seconds")).collect()
}

/// Every limit outside is longer than the sum of those inside, and the comments have the sum that
/// `mainstay explain` prints.
#[test]
fn grace_periods_are_longer_than_what_explain_says() {
    let stop = longest_stop().div_ceil(1000);
    for name in ["compose/docker-compose.yml", "swarm/stack.yml"] {
        let file = read(&deploy(name));
        let given = seconds(&file, "stop_grace_period");
        assert_eq!(given.len(), 1, "{name}");
        assert!(given[0] > stop, "{name}: {given:?} for a stop of {stop} s");
        assert!(
            file.contains(&format!("= {stop} s")),
            "{name} says another sum"
        );
    }
    for name in MANIFESTS {
        let file = read(&deploy("kubernetes").join(name));
        let given = seconds(&file, "terminationGracePeriodSeconds");
        assert_eq!(given.len(), 1, "{name}");
        let wait = file.split("command: [sleep, \"").nth(1);
        let wait: u64 = wait
            .and_then(|rest| rest.split('"').next()?.parse().ok())
            .unwrap_or(0);
        let sum = stop + wait;
        assert!(given[0] > sum, "{name}: {given:?} for {sum} s");
        assert!(
            file.contains(&format!("{stop} ")),
            "{name} says another sum"
        );
        if wait > 0 {
            assert!(
                file.contains(&format!("at most                       {sum} s")),
                "{name}"
            );
        }
    }
    // The waits within are shorter than the limits around them.
    let limit = |name: &str| {
        let all = variables();
        let found = all.iter().find(|(one, _)| one == name);
        found
            .and_then(|(_, value)| value.parse::<u64>().ok())
            .expect(name)
    };
    let hook = limit("S6_KILL_FINISH_MAXTIME");
    assert!(limit("DRAIN_SECONDS") * 1000 < hook);
    let drain = read(&deploy("app/root/etc/cont-finish.d/20-drain-nginx"));
    let wait = drain
        .split("-t ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let wait: u64 = wait
        .and_then(|digits| digits.parse().ok())
        .expect("s6-svwait -t");
    assert!(wait < hook, "{wait} {hook}");
    let nginx = read(&deploy("app/root/etc/app/nginx.conf.in"));
    let cut = nginx.split("worker_shutdown_timeout ").nth(1);
    let cut: u64 = cut
        .and_then(|rest| rest.split('s').next()?.parse().ok())
        .expect("a limit");
    assert!(cut * 1000 < wait, "{cut} s, {wait} ms");
}

/// The page quotes the command, so it says what the command says.
#[test]
fn the_page_on_grace_periods_quotes_explain() {
    let page = read(&workspace().join("docs/grace-periods.md"));
    let said = explain();
    let stop = said
        .lines()
        .skip_while(|line| !line.contains(". The stop:"))
        .skip(1);
    let stop: Vec<&str> = stop.take_while(|line| !line.is_empty()).collect();
    assert!(stop.len() > 6, "{said}");
    for line in stop {
        assert!(page.contains(line), "not in docs/grace-periods.md: {line}");
    }
}

#[test]
fn the_manifests_fit_the_schemas_of_every_version() {
    let files = MANIFESTS.map(|name| deploy("kubernetes").join(name));
    for version in ["1.27", "1.30", "1.34", "1.37"] {
        let words = files.iter().map(|file| file.to_string_lossy().into_owned());
        let words = [version.to_owned()].into_iter().chain(words);
        let output = run(here("validate"), words, |_| {});
        let said = text(&output) + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.matches(" passed ").count(), 6, "{version}: {said}");
    }
    // It does look: a word with a mistake does not pass.
    let wrong = Scratch::new();
    let file = read(&files[0]).replace("failureThreshold", "failureTreshold");
    wrong.write("web.yaml", file);
    let file = wrong.path().join("web.yaml").to_string_lossy().into_owned();
    let output = run(here("validate"), ["1.34", &file], |_| {});
    assert!(!output.status.success());
}

/// What a Pod's security context asks for is what PID 1 then is, here and without a cluster.
#[test]
fn podman_plays_the_web_servers_manifest() {
    let engine = Engine::shared();
    images(engine);
    let files = Scratch::new();
    let archive = files.path().join("app.tar").to_string_lossy().into_owned();
    engine
        .docker(["save", "--output", &archive, "example/app:1"])
        .ok();
    // One machine has one port 8080, and no kustomization sets the tag.
    let manifest = read(&deploy("kubernetes/web.yaml"));
    let manifest = manifest.replace("replicas: 2", "replicas: 1");
    let manifest = manifest.replace("image: example/app\n", "image: example/app:1\n");
    files.write("web.yaml", manifest);
    let manifest = files.path().join("web.yaml").to_string_lossy().into_owned();
    let said = text(&run(here("podman"), [&archive, &manifest], |_| {}));
    for line in [
        "container: up, ready",
        "Uid:\t10001\t10001\t10001\t10001",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
        "Read-only file system",
        "[drain] nginx: done",
        "exit code 0",
    ] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    assert!(!said.contains("had to kill"), "{said}");
}
