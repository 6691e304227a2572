//! The text files of this layout that images edit. PID 1 compares what it finds with
//! these: an edited one is run, an untouched one is not needed.

/// `/etc/s6/init/init-stage2`: the boot as a script, mode 0755.
pub const INIT_STAGE2: &str = include_str!("texts/init-stage2");

/// `/etc/s6/init/init-stage2-fixattrs.txt`: who owns the image's hooks and services,
/// and their modes; mode 0644. In effect whether edited or not.
pub const INIT_STAGE2_FIXATTRS: &str = include_str!("texts/init-stage2-fixattrs.txt");

/// `/etc/s6/init/init-stage3`, mode 0755: images move or replace it while they are
/// built. The stop itself is PID 1's own; the last signals are as
/// [`left_out`](super::left_out) reads them there.
pub const INIT_STAGE3: &str = include_str!("texts/init-stage3");

#[cfg(test)]
mod tests {
    use super::*;

    /// A known edit of images puts a block of its own before the first `foreground`,
    /// by a patch whose context is an empty line and a line `foreground` alone; were
    /// there two such places, it could land in the second.
    #[test]
    fn there_is_one_place_for_the_hook_that_images_patch_in_and_it_is_first() {
        assert!(INIT_STAGE2.starts_with("#!/bin/execlineb -S0\n"));
        assert_eq!(INIT_STAGE2.matches("\n\nforeground\n").count(), 1);
        let hook = INIT_STAGE2.find("\n\nforeground\n").unwrap_or(usize::MAX);
        let first_step = INIT_STAGE2
            .find("\n/usr")
            .or(INIT_STAGE2.find("boot-step user-files"));
        assert!(Some(hook) < first_step);
    }

    #[test]
    fn the_steps_are_there_in_their_order() {
        let steps: Vec<&str> = INIT_STAGE2
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split("/usr/libexec/mainstay/boot-step ").nth(1))
            .map(|rest| rest.trim_end_matches([' ', '}']))
            .collect();
        assert_eq!(
            steps,
            ["begin", "user-files", "fix-attrs", "cont-init", "services"]
        );
    }
}
