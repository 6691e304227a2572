//! A Kubernetes of one node, as long as the value lives: `kubernetes/run` beside the test.

use crate::{here, read, run, text, wait};
use harness::Scratch;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// The cluster, and its namespace `app`.
#[derive(Debug)]
pub struct Cluster {
    files: Scratch,
    node: Child,
}

impl Cluster {
    /// Starts it with the images of an archive of `docker save`.
    ///
    /// # Panics
    /// When it does not become ready: with what it said.
    pub fn start(images: &str) -> Self {
        let files = Scratch::new();
        let log = File::create(files.path().join("run.log")).expect("a file");
        let mut command = Command::new(here("kubernetes/run"));
        command.arg(files.path()).arg(images).stdin(Stdio::piped());
        let other = log.try_clone().expect("a descriptor");
        command.stdout(other).stderr(log);
        let node = command.spawn().expect("sh can be started");
        let mut cluster = Self { files, node };
        let log = cluster.files.path().join("run.log");
        let ready = cluster.files.path().join("ready");
        let mut ended = || cluster.node.try_wait().expect("a child").is_some();
        let came = || (ready.exists() || ended()).then_some(());
        // The first time the programs are built.
        wait("a node", 3600, came, || read(&log));
        assert!(ready.exists(), "{}", read(&log));
        cluster
    }

    /// Where files of the test may lie.
    pub fn files(&self) -> &Scratch {
        &self.files
    }

    /// `kubectl LINE` in the namespace of the application; spaces part the words.
    pub fn try_kubectl(&self, line: &str) -> Output {
        let words = ["--namespace", "app"].into_iter();
        let words = words.chain(line.split_whitespace());
        run(self.files.path().join("kubectl"), words, |_| {})
    }

    /// The same, and what it has written.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn kubectl(&self, line: &str) -> String {
        text(&self.try_kubectl(line))
    }

    /// The Pods of a component that are not on their way out, oldest first.
    pub fn pods(&self, component: &str) -> Vec<String> {
        let template = "{{range.items}}{{if(.metadata.deletionTimestamp|not)}}\
                        {{.metadata.name}},{{end}}{{end}}";
        let names = self.kubectl(&format!(
            "get pods --selector app.kubernetes.io/component={component} \
             --sort-by=.metadata.creationTimestamp --output go-template --template {template}"
        ));
        let names = names.split(',').filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    /// Waits until a component has as many Pods, those on their way out among them.
    #[track_caller]
    pub fn wait_for_pods(&self, component: &str, count: usize) {
        let list =
            format!("get pods --output=name --selector app.kubernetes.io/component={component}");
        let reached = || (self.kubectl(&list).lines().count() == count).then_some(());
        let what = format!("{count} Pods of {component}");
        wait(&what, 90, reached, || self.report());
    }

    /// Waits until a Deployment is what it shall be.
    #[track_caller]
    pub fn rolled_out(&self, deployment: &str) {
        self.kubectl(&format!(
            "rollout status deployment/{deployment} --timeout=120s"
        ));
    }

    /// What happens in the cluster, for a failure.
    pub fn report(&self) -> String {
        let pods = self.try_kubectl("get pods --output=wide").stdout;
        let events = self.try_kubectl("get events --sort-by=.lastTimestamp");
        let parts = [pods, events.stdout];
        parts
            .map(|part| String::from_utf8_lossy(&part).into_owned())
            .concat()
    }

    /// Follows the log of a Pod into a file, which outlives the Pod.
    pub fn follow(&self, pod: &str) -> Background {
        let mut command = Command::new(self.files.path().join("kubectl"));
        command.args(["--namespace", "app", "logs", "--follow", pod]);
        Background::start(self.files.path().join(format!("{pod}.log")), command)
    }

    /// Runs a program in the cluster's network.
    pub fn enter(&self, name: &str, arguments: &[&str]) -> Background {
        let mut command = Command::new(self.files.path().join("enter"));
        command.args(arguments);
        Background::start(self.files.path().join(name), command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its standard input ends: it ends in order, and removes its control groups.
        drop(self.node.stdin.take());
        let _ = self.node.wait();
    }
}

/// A program that runs beside the test, and what it has written so far.
#[derive(Debug)]
pub struct Background {
    child: Child,
    path: PathBuf,
}

impl Background {
    fn start(path: PathBuf, mut command: Command) -> Self {
        let file = File::create(&path).expect("a file");
        let other = file.try_clone().expect("a descriptor");
        command.stdin(Stdio::null()).stdout(other).stderr(file);
        let child = command.spawn().expect("a program can be started");
        Self { child, path }
    }

    /// What it has written.
    pub fn text(&self) -> String {
        read(&self.path)
    }

    /// Asks it to end, and waits.
    pub fn end(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
