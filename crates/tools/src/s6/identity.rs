//! Becoming somebody else, and who a word names.

use std::io;
use std::path::Path;

use chain::{Failure, Result, Unable, escape, warn};
use client::OwnService;
use kernel::accounts::{Accounts, Unknown};
use kernel::{credentials, errno};

use super::words;

/// Who to become; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// User id.
    pub(super) user: Option<u32>,
    /// Group id.
    pub(super) group: Option<u32>,
    /// Supplementary groups. The group itself is put among them, as the login
    /// programs do: else a process could lose a group's restrictions by leaving it.
    pub(super) supplementary: Option<Vec<u32>>,
}

impl Identity {
    /// Changes groups first, the user last: after that nothing may be changed any
    /// more. Whatever fails, nothing may be executed afterwards. Who is that user and group
    /// already goes on as it is, also where it may change nothing; `name` is the program's,
    /// for a warning.
    ///
    /// # Errors
    /// EPERM for those who are not root; EINVAL for the id that means "none".
    pub(super) fn assume(&self, name: &str) -> Result<()> {
        let groups = self.supplementary.as_ref().map(|groups| {
            let mut groups = groups.clone();
            let group = self.group.unwrap_or_else(credentials::group);
            if !groups.contains(&group) {
                groups.insert(0, group);
            }
            groups
        });
        let mut as_it_is = false;
        if let Some(groups) = &groups {
            match (credentials::set_groups(groups), self.lacks(groups)) {
                (Err(error), Some(lacking)) if errno::is(&error, errno::EPERM) => {
                    as_it_is = true;
                    if !lacking.is_empty() {
                        let lacking: Vec<String> = lacking.into_iter().map(number).collect();
                        let groups = lacking.join(", ");
                        let text = format!("goes on without group {groups}: only root can give it");
                        warn(name, &text);
                    }
                }
                (other, _) => other.unable("set supplementary group list", b"")?,
            }
        }
        let groups = groups.filter(|_| !as_it_is);
        if let Some(group) = self.group {
            credentials::set_group(group).unable("set group id to", number(group).as_bytes())?;
        }
        if let Some(user) = self.user {
            credentials::set_user(user).unable("set user id to", number(user).as_bytes())?;
        }
        self.verify(groups).unable("verify the new identity", b"")
    }

    /// The groups that this process would still lack, where it is that user and group
    /// already and has no group that it should not have. (setgroups(2) needs CAP_SETGID
    /// also where nothing would change.) Who asked for groups and for no user gets these
    /// groups or nothing: `None` where one is lacking.
    fn lacks(&self, groups: &[u32]) -> Option<Vec<u32>> {
        let own = credentials::groups().ok()?;
        let group = self.group.unwrap_or_else(credentials::group);
        let user = self.user.is_none_or(|user| user == credentials::user());
        let is_already = user && group == credentials::group();
        // The group itself counts in any case.
        let more = own.iter().any(|one| *one != group && !groups.contains(one));
        let lacks = |one: &u32| *one != group && !own.contains(one);
        let lacking: Vec<u32> = groups.iter().copied().filter(lacks).collect();
        (is_already && !more && (self.user.is_some() || lacking.is_empty())).then_some(lacking)
    }

    /// A sandbox may answer "done" to calls that it dropped.
    fn verify(&self, groups: Option<Vec<u32>>) -> io::Result<()> {
        let user = self.user.is_none_or(|user| user == credentials::user());
        let group = self.group.is_none_or(|group| group == credentials::group());
        let sorted = |mut groups: Vec<u32>| {
            groups.sort_unstable();
            groups.dedup();
            groups
        };
        let groups = match groups {
            Some(groups) => sorted(groups) == sorted(credentials::groups()?),
            None => true,
        };
        if user && group && groups {
            Ok(())
        } else {
            Err(errno::from(errno::EPERM))
        }
    }
}

fn number(id: u32) -> String {
    id.to_string()
}

/// The users and groups of the image.
///
/// # Errors
/// /etc/passwd or /etc/group exists and cannot be read.
pub(super) fn accounts() -> Result<Accounts> {
    Accounts::read(Path::new("/")).unable("read the account files below", b"/etc")
}

/// A user or group that does not exist: exit code 1. `what` is `user` or `group`.
pub(super) fn unknown(what: &str, name: &[u8]) -> Failure {
    let file = match what {
        "user" => "/etc/passwd",
        _ => "/etc/group",
    };
    let remedy = match words::number32(name) {
        Some(id) => format!("for a number give both, {id}:{id}"),
        None => format!("make the {what} in the image, or give numbers, UID:GID"),
    };
    // Its `run` as a rule, and which service it is the line would not tell otherwise.
    let service = OwnService::find();
    let asked_by = service
        .as_ref()
        .map_or(String::new(), |service| match &service.run {
            Some(run) => format!(" (in {})", escape(run.as_os_str().as_encoded_bytes())),
            None => " (NOT_ROOT_USER of the workers)".to_string(),
        });
    let text = format!(
        "unknown {what}: {}{asked_by}: {file} does not have it; {remedy}",
        escape(name)
    );
    let known = service.is_some_and(|service| !service.is_first_time(&text));
    let failure = Failure::Other { code: 1, text };
    match known {
        true => Failure::Told(Box::new(failure)),
        false => failure,
    }
}

/// Who `s6-setuidgid` means (see [`Accounts::resolve`]).
///
/// # Errors
/// Exit code 1 for an unknown name.
pub(super) fn resolve(accounts: &Accounts, word: &[u8]) -> Result<Identity> {
    let account = accounts.resolve(word).map_err(|name| match name {
        Unknown::User(name) => unknown("user", &name),
        Unknown::Group(name) => unknown("group", &name),
    })?;
    Ok(Identity {
        user: Some(account.uid),
        group: Some(account.gid),
        supplementary: Some(account.groups),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Accounts {
        Accounts::parse(
            b"root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/false\n1000:x:7:8::/:/\n",
            b"root:x:0:\nweb:x:34:\nlog:x:40:web,root\n",
        )
    }

    #[test]
    fn accounts_bring_their_groups_and_pairs_do_not() {
        let web = resolve(&image(), b"web").unwrap();
        assert_eq!(web.user, Some(33));
        assert_eq!(web.group, Some(34));
        assert_eq!(web.supplementary, Some(vec![34, 40]));
        let pair = |user, group| Identity {
            user: Some(user),
            group: Some(group),
            supplementary: Some(vec![]),
        };
        assert_eq!(resolve(&image(), b"1000:1000").unwrap(), pair(1000, 1000));
        assert_eq!(resolve(&image(), b"web:log").unwrap(), pair(33, 40));
        assert_eq!(resolve(&image(), b"33:log").unwrap(), pair(33, 40));
        assert_eq!(resolve(&image(), b"0:0").unwrap(), pair(0, 0));
    }

    #[test]
    fn nobody_is_made_up() {
        for word in [
            &b"nobody"[..],
            b"33",
            b"web:",
            b":34",
            b":",
            b"web:nope",
            b"33:34:35",
        ] {
            assert_eq!(resolve(&image(), word).unwrap_err().code(), 1);
        }
    }

    #[test]
    fn who_is_unknown_is_said_with_the_file_and_a_remedy() {
        for (word, expected) in [
            (
                &b"nobody"[..],
                "unknown user: nobody: /etc/passwd does not have it; make the user",
            ),
            (b"web:nope", "unknown group: nope: /etc/group does not"),
            (b"33", "for a number give both, 33:33"),
        ] {
            let line = resolve(&image(), word).unwrap_err().line("s6-setuidgid");
            assert!(line.contains(expected), "{line}");
        }
    }

    #[test]
    fn the_id_that_means_none_is_refused() {
        let none = Identity {
            user: Some(u32::MAX),
            ..Identity::default()
        };
        assert_eq!(none.assume("x").unwrap_err().code(), 111);
    }
}
