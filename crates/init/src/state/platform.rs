//! Who runs the container, as far as a remedy depends on it.

use std::path::Path;

use crate::launch::Launch;

/// What started the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// A kubelet, as part of a Pod.
    Kubernetes,
    /// Docker, Podman, or something that does not tell.
    Other,
}

/// Tells by the variable that every Pod has which knows an API server, else by what the
/// kubelet mounts into each container: its own `/etc/hosts`, from a directory of the Pod.
/// `silent`: /run may not answer, so nothing is looked for there.
pub(crate) fn of(launch: &Launch, silent: bool) -> Platform {
    let told = launch.variable(b"KUBERNETES_SERVICE_HOST").is_some();
    let mounts = || std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match told || (!silent && Path::new(SECRETS).is_dir()) || has_a_pods_mount(&mounts()) {
        true => Platform::Kubernetes,
        false => Platform::Other,
    }
}

/// Where a Pod's containers find their service account.
const SECRETS: &str = "/var/run/secrets/kubernetes.io";

/// Whether a line of mountinfo (proc_pid_mountinfo(5)) names a file of a Pod as the kubelet
/// keeps it: `…/pods/UID/etc-hosts` or a volume of its own.
fn has_a_pods_mount(mountinfo: &str) -> bool {
    mountinfo.lines().any(|line| {
        let root = line.split(' ').nth(3).unwrap_or_default();
        let Some((_, below)) = root.split_once("/pods/") else {
            return false;
        };
        let parts: Vec<&str> = below.split('/').collect();
        matches!(
            parts[..],
            [_, "etc-hosts"] | [_, "volumes" | "containers", ..]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_known_by_what_the_kubelet_mounts() {
        let pod = "600 589 8:1 /var/lib/kubelet/pods/0a1b-2c/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
        let volume = "601 589 8:1 /lib/kubelet/pods/0a1b/volumes/kubernetes.io~empty-dir/r /run rw - ext4 x rw\n";
        let docker = "700 1 8:1 /var/lib/docker/containers/abc/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n\
                      701 1 8:1 /srv/pods/mine /data rw - ext4 /dev/sda1 rw\n";
        assert!(has_a_pods_mount(pod) && has_a_pods_mount(volume));
        assert!(!has_a_pods_mount(docker) && !has_a_pods_mount("") && !has_a_pods_mount("x y"));
    }
}
