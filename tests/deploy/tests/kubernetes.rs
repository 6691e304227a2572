//! deploy/kubernetes on a real Kubernetes: the manifests as they are, under load. It is for the
//! night, since Kubernetes is built from source first; what is checked in every run is in
//! `engines`.
#![forbid(unsafe_code)]

use deploy_tests::cluster::{Background, Cluster};
use deploy_tests::{Load, deploy, here, images, loudly, night, no_job_was_cut, text, wait};
use harness::{Engine, Scratch};
use std::time::Instant;

/// Says what was reached, and when.
struct Steps(Instant);

impl Steps {
    fn done(&self, what: &str) {
        let seconds = self.0.elapsed().as_secs_f64();
        loudly(&format!("kubernetes: {seconds:5.1} s: {what}"));
    }
}

#[test]
fn the_manifests_run_on_a_real_kubernetes() {
    if !night() {
        loudly(
            "KUBERNETES NOT RUN: it is built from source first; MAINSTAY_TEST_NIGHTLY=1 runs it",
        );
        return;
    }
    let steps = Steps(Instant::now());
    let engine = Engine::shared();
    images(engine);
    let archives = Scratch::new();
    let archive = archives.path().join("images.tar");
    let archive = archive.to_string_lossy();
    let images = ["example/app:1", "example/app:2", "example/app:3"];
    let save = ["save", "--output", &archive].into_iter().chain(images);
    engine.docker(save).ok();
    steps.done("the images are built");
    let cluster = Cluster::start(&archive);
    steps.done("the node is ready");

    they_are_applied(&cluster);
    steps.done("web servers and workers are ready");
    a_dead_service_is_started_again(&cluster);
    steps.done("a killed nginx came back, its container was not restarted");

    let address = "get service app-web -o=jsonpath={.spec.clusterIP}";
    let address = cluster.kubectl(address);
    let script = here("load.py");
    let script = script.to_string_lossy();
    let mut client = cluster.enter("load", &["python3", &script, &address, "80"]);
    let asked = || (Load::last(&client.text()).answered() > 100).then_some(());
    wait("requests are answered", 30, asked, || client.text());
    updates_lose_nothing(&cluster, &client, &steps);
    a_pod_drains(&cluster, &steps);
    client.end();
    let load = Load::last(&client.text());
    load.has_not_failed();
    assert!(load.slow() > 10, "{}", load.line);
    steps.done(&format!("in all: {}", load.line));

    workers_finish_their_jobs(&cluster);
    steps.done("workers scaled to 2 and to 0: no job was cut");
    a_job_has_its_commands_exit_code(&cluster);
    steps.done("a Job that went well, and one whose exit code is 3");
}

fn they_are_applied(cluster: &Cluster) {
    // The namespace takes only what the strictest of Kubernetes' own profiles lets through.
    cluster.kubectl("create namespace app");
    cluster.kubectl("label namespace app pod-security.kubernetes.io/enforce=restricted");
    let folder = deploy("kubernetes");
    let applied = cluster.try_kubectl(&format!("apply --kustomize {}", folder.display()));
    let said = String::from_utf8_lossy(&applied.stderr).into_owned();
    let created = text(&applied);
    for object in [
        "deployment.apps/app-web",
        "service/app-web",
        "poddisruptionbudget.policy/app-web",
        "deployment.apps/app-workers",
        "horizontalpodautoscaler.autoscaling/app-workers",
        "cronjob.batch/app-report",
    ] {
        assert!(created.contains(&format!("{object} created")), "{created}");
    }
    assert!(!said.contains("Warning"), "{said}");
    cluster.rolled_out("app-web");
    cluster.rolled_out("app-workers");

    let pod = &cluster.pods("web")[0];
    let status = cluster.kubectl(&format!("exec {pod} -- mainstay status"));
    assert!(status.starts_with("container: up, ready"), "{status}");
    assert!(status.contains("nginx    ready"), "{status}");
    let process = cluster.kubectl(&format!("exec {pod} -- cat /proc/1/status"));
    for line in [
        "Uid:\t10001\t10001\t10001\t10001",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
    ] {
        assert!(process.contains(line), "no {line:?} in {process}");
    }
}

/// It is Mainstay's to start it again: the Pod is not ready meanwhile, and lives.
fn a_dead_service_is_started_again(cluster: &Cluster) {
    let pod = &cluster.pods("web")[0];
    let nginx = cluster.kubectl(&format!("exec {pod} -- cat /run/app/nginx.pid"));
    let kill = format!("exec {pod} -- bash -c kill${{IFS}}-KILL${{IFS}}{nginx}");
    cluster.kubectl(&kill);
    let state = format!(
        "get pod {pod} -o=jsonpath={{.status.conditions[?(@.type==\"Ready\")].status}},\
         {{.status.containerStatuses[0].restartCount}}"
    );
    let is = |wanted: &str| (cluster.kubectl(&state) == wanted).then_some(());
    let report = || cluster.report();
    wait("not ready, not restarted", 30, || is("False,0"), report);
    wait("ready again, not restarted", 30, || is("True,0"), report);
}

fn updates_lose_nothing(cluster: &Cluster, client: &Background, steps: &Steps) {
    let load = || Load::last(&client.text());
    let image = "set image deployment/app-web web=example/app";
    let old = cluster.follow(&cluster.pods("web")[0]);
    cluster.kubectl(&format!("{image}:2"));
    cluster.rolled_out("app-web");
    cluster.wait_for_pods("web", 2);
    load().has_not_failed();
    assert!(load().version("2") > 0, "{}", load().line);
    let log = old.text();
    for line in ["[drain] nginx: done", "mainstay: stopped in"] {
        assert!(log.contains(line), "no {line:?} in {log}");
    }
    assert!(!log.contains("had to kill"), "{log}");
    steps.done(&format!("rolling update: {}", load().line));

    cluster.kubectl("rollout undo deployment/app-web");
    cluster.rolled_out("app-web");
    load().has_not_failed();
    steps.done(&format!("rollback: {}", load().line));

    // An update that never becomes ready replaces nobody.
    let before = cluster.pods("web");
    cluster.kubectl(&format!("{image}:3"));
    let waited = cluster.try_kubectl("rollout status deployment/app-web --timeout=15s");
    assert!(!waited.status.success());
    let now = cluster.pods("web");
    let still = before.iter().all(|pod| now.contains(pod));
    assert!(still, "{}", cluster.report());
    cluster.kubectl("rollout undo deployment/app-web");
    cluster.rolled_out("app-web");
    load().has_not_failed();
    assert_eq!(load().version("3"), 0, "{}", load().line);
    steps.done(&format!("one that is never ready: {}", load().line));
}

/// While it stops it says that it is not ready, and it is done long before its grace period.
fn a_pod_drains(cluster: &Cluster, steps: &Steps) {
    cluster.wait_for_pods("web", 2);
    let pod = cluster.pods("web")[0].clone();
    let log = cluster.follow(&pod);
    // Requests of two seconds to this one alone, so that it has some when TERM comes.
    let address = cluster.kubectl(&format!("get pod {pod} -o=jsonpath={{.status.podIP}}"));
    let script = here("load.py");
    let script = script.to_string_lossy();
    let direct = cluster.enter("direct", &["python3", &script, &address, "8080"]);
    let asked = || (Load::last(&direct.text()).slow() > 0).then_some(());
    wait("requests are answered", 30, asked, || direct.text());
    let deleted = Instant::now();
    cluster.kubectl(&format!("delete pod {pod} --wait=false"));
    let ask = format!("exec {pod} -- mainstay status --ready");
    let draining = || {
        let said = cluster.try_kubectl(&ask);
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        said.contains("not ready: the container stops")
            .then_some(said)
    };
    let said = wait("it drains", 30, draining, || log.text() + &direct.text());
    let get = format!("get pod {pod}");
    let gone = || (!cluster.try_kubectl(&get).status.success()).then_some(());
    wait("the Pod is gone", 60, gone, || cluster.report());
    let took = deleted.elapsed().as_secs_f64();
    // preStop 5 s and a slow request of 2 s; 60 s is the grace period.
    assert!(took < 40.0, "{took} s");
    assert!(log.text().contains("exit code 0"), "{}", log.text());
    let said = said.lines().next().unwrap_or_default();
    steps.done(&format!(
        "a Pod has drained in {took:.1} s; meanwhile: {said}"
    ));
}

fn workers_finish_their_jobs(cluster: &Cluster) {
    let scale = "scale deployment/app-workers --replicas";
    cluster.kubectl(&format!("{scale}=2"));
    cluster.rolled_out("app-workers");
    let logs = cluster.pods("workers");
    let logs: Vec<Background> = logs.iter().map(|pod| cluster.follow(pod)).collect();
    let work = || logs.iter().all(|log| log.text().contains(" done"));
    wait(
        "the workers work",
        30,
        || work().then_some(()),
        || cluster.report(),
    );
    cluster.kubectl(&format!("{scale}=0"));
    cluster.wait_for_pods("workers", 0);
    for log in &logs {
        no_job_was_cut(&log.text());
        assert!(log.text().contains("exit code 0"), "{}", log.text());
    }
}

fn a_job_has_its_commands_exit_code(cluster: &Cluster) {
    cluster.kubectl("create job --from=cronjob/app-report well");
    cluster.kubectl("wait --for=condition=Complete job/well --timeout=60s");
    let said = cluster.kubectl("logs job/well");
    assert!(said.contains("all is well"), "{said}");

    let job = "create job --from=cronjob/app-report ill --dry-run=client --output=json";
    let job = cluster.kubectl(job);
    let with = r#""env": [{"name": "REPORT_EXIT_CODE", "value": "3"},"#;
    let ill = job.replacen(r#""env": ["#, with, 1);
    let ill = ill.replace(r#""backoffLimit": 2"#, r#""backoffLimit": 0"#);
    assert_ne!(ill, job);
    cluster.files().write("ill.json", ill);
    let file = cluster.files().path().join("ill.json");
    cluster.kubectl(&format!("apply --filename {}", file.display()));
    cluster.kubectl("wait --for=condition=Failed job/ill --timeout=60s");
    let code = cluster.kubectl(
        "get pods --selector job-name=ill \
         -o=jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}",
    );
    assert_eq!(code, "3");
}
