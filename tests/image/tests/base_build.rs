//! What `images/Dockerfile` makes of a base: settings, one layer, the same layer twice; and what
//! it refuses.
#![forbid(unsafe_code)]

use harness::{Engine, Output, Root};
use image_tests::{base_image, build_base, build_base_in, context};

const VARIANTS: &[&str] = &["debian-12", "debian-13", "alpine-3.23", "static"];

/// A value of `docker image inspect`.
#[track_caller]
fn inspect(engine: &Engine, image: &str, format: &str) -> String {
    engine
        .docker(["image", "inspect", "--format", format, image])
        .ok()
        .text()
}

/// The output of a shell in an image, as root.
#[track_caller]
fn told(engine: &Engine, image: &str, script: &str) -> String {
    let words = [
        "run",
        "--rm",
        "--network",
        "none",
        image,
        "/bin/sh",
        "-c",
        script,
    ];
    engine.docker(words).ok().text()
}

#[test]
fn every_variant_is_one_layer_with_docker_base_s_settings() {
    let engine = Engine::shared();
    for variant in VARIANTS {
        let image = base_image(engine, variant);
        let ask = |format: &str| inspect(engine, &image, format);
        assert_eq!(ask("{{len .RootFS.Layers}}"), "1", "{variant}");
        let environment = ask("{{json .Config.Env}}");
        for setting in [
            "SIGNAL_BUILD_STOP=99",
            "S6_BEHAVIOUR_IF_STAGE2_FAILS=2",
            "S6_KILL_FINISH_MAXTIME=5000",
            "S6_KILL_GRACETIME=3000",
        ] {
            assert!(environment.contains(setting), "{variant}: {environment}");
        }
        let command = match *variant {
            "static" => "[\"/run.sh\"]",
            _ => "[\"/bin/bash\",\"/run.sh\"]",
        };
        assert_eq!(ask("{{json .Config.Cmd}}"), command, "{variant}");
        assert_eq!(ask("{{json .Config.Entrypoint}}"), "null", "{variant}");
        assert_eq!(ask("{{.Config.WorkingDir}}"), "/", "{variant}");
        assert_eq!(ask("{{json .Config.Healthcheck}}"), "null", "{variant}");
        let label = |name: &str| ask(&format!("{{{{index .Config.Labels {name:?}}}}}"));
        assert_eq!(label("mainstay.variant"), *variant);
        assert_eq!(label("org.opencontainers.image.title"), "mainstay/base");
        let licences = label("org.opencontainers.image.licenses");
        assert_eq!(licences, "MIT OR Apache-2.0", "{variant}");
    }
}

/// The files of an image's only layer, as tar lists them.
fn listing(engine: &Engine, image: &str) -> Vec<String> {
    let files = harness::Scratch::new();
    let archive = files.path().join("image.tar");
    let archive = archive.to_str().expect("a path in plain text");
    engine.docker(["save", "--output", archive, image]).ok();
    let script = "tar -xOf \"$1\" --wildcards '*/layer.tar' | tar -tvf - --full-time";
    let list = std::process::Command::new("sh")
        .args(["-c", script, "sh", archive])
        .output();
    let list = String::from_utf8_lossy(&list.expect("sh").stdout).into_owned();
    list.lines().map(str::to_owned).collect()
}

#[test]
fn two_builds_make_the_same_layer() {
    let engine = Engine::shared();
    // One of each kind in every run; the night has all of them.
    let count = harness::rounds(3, 4) as usize;
    let chosen = ["debian-12", "alpine-3.23", "static", "debian-13"];
    println!("built twice: {} of {}", count, chosen.len());
    // One checkout: a builder gives the directories that it is sent the time at which it got them,
    // and the static variant has no program to change that.
    let context = context();
    for variant in &chosen[..count] {
        let mut layers = Vec::new();
        for round in 0..2 {
            let name = format!("test/again-{round}:{variant}");
            let arguments = ["--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000"];
            if let Err(why) = build_base_in(engine, context.path(), variant, &name, &arguments) {
                panic!("{name}: {why}");
            }
            layers.push(inspect(engine, &name, "{{json .RootFS.Layers}}"));
        }
        if layers[0] != layers[1] {
            let names = [0, 1].map(|round| format!("test/again-{round}:{variant}"));
            let [first, second] = names.map(|name| listing(engine, &name));
            let differs: Vec<_> = first.iter().zip(&second).filter(|(a, b)| a != b).collect();
            panic!("{variant}: {layers:?}: {differs:#?}");
        }
    }
    // But for the places that the builder mounts something at: those are as the base has them.
    let mounted = [
        "mnt/",
        "proc/",
        "sys/",
        "dev/",
        "etc/hosts",
        "etc/resolv.conf",
    ];
    for line in listing(engine, "test/again-0:debian-12") {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (day, name) = (words[3], words[5]);
        let old = day <= "2023-11-14" || mounted.iter().any(|place| name.starts_with(place));
        assert!(old, "a file is younger than the sources: {line}");
    }
}

#[test]
fn no_setuid_file_is_added() {
    let engine = Engine::shared();
    let list = "find / -xdev -type f -perm /6000 | sort";
    for variant in ["debian-12", "debian-13", "alpine-3.23"] {
        let ours = told(engine, &base_image(engine, variant), list);
        let theirs = told(engine, &format!("mainstay-test/base-{variant}"), list);
        assert!(!theirs.is_empty(), "{variant}: the base has some");
        for file in ours.lines() {
            let known = theirs.lines().any(|other| other == file);
            assert!(
                known,
                "{variant}: {file} is setuid or setgid, and not the base's"
            );
        }
    }
    let image = base_image(engine, "static");
    let id = engine
        .docker(["create", "--network", "none", &image])
        .ok()
        .text();
    let files = harness::Scratch::new();
    let archive = files.path().join("tree.tar");
    let archive = archive.to_str().expect("a path in plain text");
    engine.docker(["export", "--output", archive, &id]).ok();
    engine.docker(["rm", &id]).ok();
    let list = std::process::Command::new("tar")
        .args(["-tvf", archive])
        .output();
    let list = String::from_utf8_lossy(&list.expect("tar").stdout).into_owned();
    assert!(list.contains("usr/libexec/mainstay/mainstay\n"), "{list}");
    for line in list.lines() {
        let mode = line.split(' ').next().unwrap_or_default();
        assert!(!mode.contains(['s', 'S']), "{line}");
    }
}

#[test]
fn each_family_gets_its_own_scripts_and_what_it_lacks() {
    let engine = Engine::shared();
    for (variant, family) in [
        ("debian-12", "debian"),
        ("debian-13", "debian"),
        ("alpine-3.23", "alpine"),
    ] {
        let image = base_image(engine, variant);
        let text = told(
            engine,
            &image,
            "readlink /security_updates.sh; readlink /clean.sh; ls /usr/share/mainstay; goss --version
             sed --version | head -n 1; grep --version | head -n 1; bash --version | head -n 1
             grep ^hosts: /etc/nsswitch.conf; ls /tmp /var/log/apt /var/lib/apt/lists 2>/dev/null; true",
        );
        for part in [
            &format!("/scripts/security_updates_{family}.sh") as &str,
            &format!("/scripts/clean_{family}.sh"),
            "LICENSE-APACHE",
            "mainstay-check",
            "GNU sed",
            "GNU grep",
            "GNU bash",
        ] {
            assert!(text.contains(part), "{variant}: no {part}\n{text}");
        }
        if family == "alpine" {
            assert!(text.contains("hosts:"), "{variant}\n{text}");
        }
    }
}

/// A build over a base that is not made for it: what it said.
fn over(engine: &Engine, root: &Root, name: &str, arguments: &[&str]) -> Result<Output, Output> {
    let base = format!("test/odd-{name}");
    engine.import(root, &base, &[]);
    let base = format!("BASE={base}");
    let mut all = vec!["--build-arg", &base];
    all.extend(arguments);
    // Named here, so that no other base is looked for; the words above count over it.
    let built = build_base(engine, "debian-12", &format!("test/built-{name}"), &all);
    built.map_err(|failed| failed.0)
}

#[test]
fn what_is_no_variant_or_no_base_for_it_is_refused_in_one_line() {
    let engine = Engine::shared();
    let refused = |arguments: &[&str]| {
        let Err(failed) = build_base(engine, "debian-12", "test/refused", arguments) else {
            panic!("{arguments:?}: built");
        };
        failed.0.text() + &failed.0.error_text()
    };
    let text = refused(&["--build-arg", "VARIANT=debain-12"]);
    let line = "images: VARIANT=debain-12 names no variant; the nearest is debian-12; there are: \
                ubuntu-18.04 ubuntu-20.04";
    assert!(text.contains(line), "{text}");
    let text = refused(&["--build-arg", "VARIANT=debian-13"]);
    let line = "images: VARIANT=debian-13, but mainstay-test/base-debian-12 is Debian GNU/Linux 12 \
                (bookworm): its own base is --build-arg BASE=debian:13-slim";
    assert!(text.contains(line), "{text}");
    let text = refused(&["--build-arg", "SECURITY_UPDATES=perhaps"]);
    assert!(
        text.contains("images: SECURITY_UPDATES=perhaps: neither yes nor no"),
        "{text}"
    );
    // The stand-in's repository cannot be reached in a build without a network.
    let text = refused(&["--build-arg", "SECURITY_UPDATES=yes"]);
    let line = "images: the security updates failed (above); --build-arg SECURITY_UPDATES=no";
    assert!(text.contains(line), "{text}");
    let text = refused(&["--build-arg", "SOURCE_DATE_EPOCH=yesterday"]);
    assert!(
        text.contains("SOURCE_DATE_EPOCH=yesterday: no number of seconds"),
        "{text}"
    );

    let any = ["--build-arg", "VARIANT="];
    let Err(output) = over(engine, &Root::busybox(), "busybox", &any) else {
        panic!("BusyBox alone is no base");
    };
    let text = output.text() + &output.error_text();
    let line = "images: test/odd-busybox is a system without /etc/os-release: no family of this";
    assert!(text.contains(line), "{text}");

    let root = Root::debian();
    root.remove("/usr/bin/apt-get");
    let Err(output) = over(engine, &root, "without-apt", &any) else {
        panic!("Debian without apt is no base");
    };
    let text = output.text() + &output.error_text();
    let line = "images: test/odd-without-apt is Debian GNU/Linux 12 (bookworm) and has no apt-get, \
                which it should have; found: no package manager.";
    assert!(text.contains(line), "{text}");
}

/// A program that writes down how it was called.
const RECORDER: &str = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>/calls\n";

#[test]
fn an_old_centos_gets_its_packages_from_the_archive() {
    let engine = Engine::shared();
    for (release, manager) in [("7", "yum"), ("8", "dnf")] {
        let root = Root::debian();
        root.remove("/etc/os-release").remove("/usr/bin/apt-get");
        root.write(
            "/etc/os-release",
            format!(
                "NAME=\"CentOS Linux\"\nVERSION_ID=\"{release}\"\nID=\"centos\"\n\
                 ID_LIKE=\"rhel fedora\"\nPRETTY_NAME=\"CentOS Linux {release}\"\n"
            ),
        );
        root.write(
            "/etc/yum.repos.d/CentOS-Base.repo",
            "[base]\nmirrorlist=http://mirrorlist.centos.org/?release=$releasever\n\
             #baseurl=http://mirror.centos.org/centos/$releasever/os/$basearch/\n\
             [extras]\n# baseurl=https://mirror.centos.org/x\n[ours]\nbaseurl=https://ours/\n",
        );
        root.write_script(format!("/usr/bin/{manager}"), RECORDER);
        root.write_script("/usr/bin/rpm", "#!/bin/sh\ntest \"$2\" = systemd\n");
        let name = format!("centos-{release}");
        let variant = format!("VARIANT={name}");
        let output = match over(engine, &root, &name, &["--build-arg", &variant]) {
            Ok(output) => output,
            Err(output) => panic!("{output}"),
        };
        let text = output.text() + &output.error_text();
        for line in [
            format!("images: {name} is at its end of life: no more security updates"),
            "images: packages come from the archive of CentOS, http://vault.centos.org".into(),
        ] {
            assert!(text.contains(&line), "no {line}\n{text}");
        }
        let image = format!("test/built-{name}");
        let text = told(
            engine,
            &image,
            "cat /etc/yum.repos.d/*; cat /calls; readlink /clean.sh",
        );
        for line in [
            "#mirrorlist=http://mirrorlist.centos.org/?release=$releasever\n",
            "\nbaseurl=http://vault.centos.org/centos/$releasever/os/$basearch/\n",
            "\nbaseurl=http://vault.centos.org/x\n",
            "\nbaseurl=https://ours/\n",
            "/scripts/clean_centos.sh",
        ] {
            assert!(text.contains(line), "no {line}\n{text}");
        }
        let removed = text.contains("yum -y --setopt=protected_packages=yum remove systemd");
        assert_eq!(removed, release == "7", "{text}");
    }
}

#[test]
fn alpine_without_bash_gets_it_from_its_repository() {
    let engine = Engine::shared();
    let root = Root::alpine_bare();
    root.copy_to(harness::alpine_mirror(), "/srv/mirror");
    root.write("/etc/apk/config", "allow-untrusted\n");
    root.write("/etc/apk/repositories", "/srv/mirror\n");
    let variant = [
        "--build-arg",
        "VARIANT=alpine-3.23",
        "--build-arg",
        "SECURITY_UPDATES=yes",
    ];
    if let Err(output) = over(engine, &root, "alpine-bare", &variant) {
        panic!("{output}");
    }
    let script = "apk info -e bash sed grep; bash --version | head -n 1; ls /var/cache/apk";
    let text = told(engine, "test/built-alpine-bare", script);
    assert!(text.starts_with("bash\nsed\ngrep\nGNU bash"), "{text}");
    assert_eq!(
        text.lines().count(),
        4,
        "something is left in the cache\n{text}"
    );

    root.write("/etc/apk/repositories", "/srv/nowhere\n");
    let Err(output) = over(engine, &root, "alpine-alone", &variant) else {
        panic!("there is no bash to be had");
    };
    let text = output.text() + &output.error_text();
    assert!(
        text.contains("images: apk cannot add bash sed grep"),
        "{text}"
    );
}

#[test]
fn a_derived_image_includes_the_base_s_goss_file_and_its_own_fails_its_build() {
    let engine = Engine::shared();
    for (variant, broken) in [("debian-12", false), ("alpine-3.23", true)] {
        let files = harness::Scratch::new();
        files.write(
            "goss.yaml",
            format!(
                "gossfile:\n  /goss.base.yaml: {{}}\nfile:\n  /nowhere:\n    exists: {broken}\n"
            ),
        );
        files.write(
            "Dockerfile",
            "ARG BASE\nFROM ${BASE}\nCOPY goss.yaml /goss.yaml\nRUN goss -g /goss.yaml validate\n",
        );
        let base = format!("BASE={}", base_image(engine, variant));
        let built = engine.build("test/with-goss", files.path(), &["--build-arg", &base]);
        match (built, !broken) {
            (Ok(output), true) => {
                let text = output.text();
                assert!(text.contains("Failed: 0, Skipped: 0"), "{text}");
            }
            (Err(failed), false) => {
                let text = failed.0.text() + &failed.0.error_text();
                assert!(text.contains("/nowhere: exists"), "{text}");
            }
            (Ok(output), false) => panic!("built all the same: {output}"),
            (Err(failed), true) => panic!("{failed}"),
        }
    }
}
