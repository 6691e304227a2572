//! Users and groups of the image, from its /etc/passwd and /etc/group (passwd(5),
//! group(5)). No name service: a static program cannot load one.

use std::io;
use std::path::Path;

/// A line of /etc/passwd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: Vec<u8>,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Home directory.
    pub home: Vec<u8>,
    /// Login shell.
    pub shell: Vec<u8>,
}

/// A line of /etc/group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name.
    pub name: Vec<u8>,
    /// Group id.
    pub gid: u32,
    /// Login names of the users who have it as a supplementary group.
    pub members: Vec<Vec<u8>>,
}

/// The two files, read once. Lines that do not have their form are passed over, as
/// the C library does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Users in file order.
    pub users: Vec<User>,
    /// Groups in file order.
    pub groups: Vec<Group>,
}

/// Who a word names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// All supplementary groups.
    pub groups: Vec<u32>,
}

/// A name that no line has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// In /etc/passwd.
    User(Vec<u8>),
    /// In /etc/group.
    Group(Vec<u8>),
}

impl Accounts {
    /// Who `s6-setuidgid` means: `user` is an account's name, with that account's group
    /// and supplementary groups; `user:group` takes names or numbers and no further
    /// groups.
    ///
    /// # Errors
    /// The name that does not exist.
    pub fn resolve(&self, word: &[u8]) -> Result<Account, Unknown> {
        let Some(colon) = word.iter().position(|b| *b == b':') else {
            let user = self
                .user(word)
                .ok_or_else(|| Unknown::User(word.to_vec()))?;
            return Ok(Account {
                uid: user.uid,
                gid: user.gid,
                groups: self.groups_of(&user.name, user.gid),
            });
        };
        let (user, group) = (&word[..colon], &word[colon + 1..]);
        let uid = digits(user)
            .or_else(|| self.user(user).map(|line| line.uid))
            .ok_or_else(|| Unknown::User(user.to_vec()))?;
        let gid = digits(group)
            .or_else(|| self.group(group).map(|line| line.gid))
            .ok_or_else(|| Unknown::Group(group.to_vec()))?;
        Ok(Account {
            uid,
            gid,
            groups: Vec::new(),
        })
    }

    /// Reads `root`/etc/passwd and `root`/etc/group. A file that is missing holds
    /// nothing: images may have none.
    ///
    /// # Errors
    /// Any other reason why one cannot be read.
    pub fn read(root: &Path) -> io::Result<Accounts> {
        let text = |name: &str| match std::fs::read(root.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        };
        Ok(Accounts::parse(&text("etc/passwd")?, &text("etc/group")?))
    }

    /// The same from the files' bytes.
    pub fn parse(passwd: &[u8], group: &[u8]) -> Accounts {
        Accounts {
            users: passwd.split(|b| *b == b'\n').filter_map(user).collect(),
            groups: group
                .split(|b| *b == b'\n')
                .filter_map(self::group)
                .collect(),
        }
    }

    /// The first user of this name.
    pub fn user(&self, name: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// The first user with this id.
    pub fn user_by_id(&self, uid: u32) -> Option<&User> {
        self.users.iter().find(|user| user.uid == uid)
    }

    /// The first group of this name.
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The groups of a user: `gid` first, then every group that lists `name`, each
    /// once, as getgrouplist(3) does.
    pub fn groups_of(&self, name: &[u8], gid: u32) -> Vec<u32> {
        let mut gids = vec![gid];
        for group in &self.groups {
            if !gids.contains(&group.gid) && group.members.iter().any(|member| member == name) {
                gids.push(group.gid);
            }
        }
        gids
    }
}

fn user(line: &[u8]) -> Option<User> {
    let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
    let [name, _password, uid, gid, _gecos, home, shell] = fields[..] else {
        return None;
    };
    Some(User {
        name: (!name.is_empty()).then(|| name.to_vec())?,
        uid: number(uid)?,
        gid: number(gid)?,
        home: home.to_vec(),
        shell: shell.to_vec(),
    })
}

fn group(line: &[u8]) -> Option<Group> {
    let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
    let [name, _password, gid, members] = fields[..] else {
        return None;
    };
    Some(Group {
        name: (!name.is_empty()).then(|| name.to_vec())?,
        gid: number(gid)?,
        members: members
            .split(|b| *b == b',')
            .filter(|member| !member.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    })
}

/// A decimal number, without a sign.
fn digits(text: &[u8]) -> Option<u32> {
    let all = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    all.then(|| number(text)).flatten()
}

fn number(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let id = is_digits.then(|| text.parse().ok()).flatten()?;
    // The highest is no id but a sign for "leave alone" (chown(2)).
    (id != u32::MAX).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_their_form_are_passed_over() {
        let accounts = Accounts::parse(
            b"root:x:0:0:root:/root:/bin/sh\n#\nbroken:x:1\n:x:2:2::/:/\nnobody:x:4294967295:1::/:/\nplus:x:+3:3::/:/\nweb:x:33:33:w:/var/www:/bin/false\n",
            b"root:x:0:\nadm:x:4:web,root\nweb:x:33:web\nbad:x:nine:\n",
        );
        assert_eq!(accounts.users.len(), 2);
        assert_eq!(accounts.user(b"web").map(|u| u.uid), Some(33));
        assert_eq!(accounts.groups_of(b"web", 33), vec![33, 4]);
        assert_eq!(accounts.group(b"bad"), None);
    }
}
