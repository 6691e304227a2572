//! `/etc/passwd` and `/etc/group`, read as goss reads them: leniently, and no other source of
//! names is asked but `getent` where an owner of a file is in neither.

use std::collections::HashMap;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};

use super::program::{Program, Said};
use super::{System, reading};

/// The users of a file.
#[derive(Debug, Default)]
pub struct Users {
    text: Vec<u8>,
    users: Vec<User>,
    by_id: HashMap<u32, usize>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: BString,
    /// The number.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// The home; empty where the line ends before it.
    pub home: BString,
}

/// The groups of a file.
#[derive(Debug, Default)]
pub struct Groups {
    text: Vec<u8>,
    groups: Vec<Group>,
    by_id: HashMap<u32, usize>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: BString,
    /// The number.
    pub gid: u32,
}

impl Users {
    /// Reads a file; one that cannot be read has no users.
    pub fn read(path: &Path) -> Users {
        Users::parse(reading::table(path).unwrap_or_default())
    }

    fn parse(text: Vec<u8>) -> Users {
        let users: Vec<User> = lines(&text).filter_map(user).collect();
        let by_id = first_of(users.iter().map(|user| user.uid));
        Users { text, users, by_id }
    }

    /// The first of a name.
    pub fn by_name(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// The first of a number.
    pub fn by_id(&self, uid: u32) -> Option<&User> {
        self.users.get(*self.by_id.get(&uid)?)
    }

    /// The shell of a user. Here goss reads the file anew and strictly: a line that has not seven
    /// fields is an error for all users behind it.
    ///
    /// # Errors
    /// In goss's words.
    pub fn shell(&self, name: &str) -> Result<BString, String> {
        for line in self.text.lines() {
            let mut fields = line.split_str(b":");
            let first = fields.next().unwrap_or_default();
            let (Some(shell), None) = (fields.nth(5), fields.next()) else {
                return Err("invalid entry in /etc/passwd".to_string());
            };
            if first == name.as_bytes() {
                return Ok(shell.into());
            }
        }
        Err(format!("unknown user {name}"))
    }
}

impl Groups {
    /// Reads a file; one that cannot be read has no groups.
    pub fn read(path: &Path) -> Groups {
        Groups::parse(reading::table(path).unwrap_or_default())
    }

    fn parse(text: Vec<u8>) -> Groups {
        let groups: Vec<Group> = lines(&text).filter_map(group).collect();
        let by_id = first_of(groups.iter().map(|group| group.gid));
        Groups {
            text,
            groups,
            by_id,
        }
    }

    /// The first of a name.
    pub fn by_name(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The first of a number.
    pub fn by_id(&self, gid: u32) -> Option<&Group> {
        self.groups.get(*self.by_id.get(&gid)?)
    }

    /// The groups of a user, sorted: that of its number, and those that list it. Only lines of
    /// four fields count.
    pub fn of(&self, user: &User) -> Vec<BString> {
        let mut names: Vec<BString> = self
            .text
            .lines()
            .filter_map(|line| {
                let mut fields = line.split_str(b":");
                let name = fields.next()?;
                let (gid, members) = (fields.nth(1)?, fields.next()?);
                let listed = || members.split_str(b",").any(|member| member == user.name);
                let counts = fields.next().is_none() && (number(gid) == Some(user.gid) || listed());
                counts.then(|| name.into())
            })
            .collect();
        names.sort();
        names
    }
}

impl System {
    /// The name of a number of a user, also by `getent`.
    ///
    /// # Errors
    /// In goss's words, where nobody has it.
    pub fn name_of_user(&self, uid: u32) -> Result<BString, String> {
        match self.users().by_id(uid) {
            Some(user) => Ok(user.name.clone()),
            None => getent("passwd", uid),
        }
    }

    /// The name of a number of a group, also by `getent`.
    ///
    /// # Errors
    /// In goss's words, where none has it.
    pub fn name_of_group(&self, gid: u32) -> Result<BString, String> {
        match self.groups().by_id(gid) {
            Some(group) => Ok(group.name.clone()),
            None => getent("group", gid),
        }
    }
}

fn getent(database: &str, id: u32) -> Result<BString, String> {
    let words = |why: String| {
        // Goss says "passwd file" of groups too.
        format!("Error: no matching entries in passwd file. getent {database}: {why}")
    };
    match Program::named("getent").run(&[database, &id.to_string()]) {
        Ok(Said {
            code: Some(0),
            output,
            ..
        }) => Ok(output.split_str(b":").next().unwrap_or_default().into()),
        Ok(said) => Err(words(said.ended())),
        Err(why) => Err(words(why)),
    }
}

/// The lines that are no comments, without the blanks around them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.lines()
        .map(<[u8]>::trim_ascii)
        .filter(|line| !matches!(line.first(), None | Some(b'#' | b'+' | b'-')))
}

/// A number; blanks around it and a plus are let pass.
fn number(field: &[u8]) -> Option<u32> {
    let text = field.trim_ascii().to_str().ok()?;
    text.parse().ok()
}

fn user(line: &[u8]) -> Option<User> {
    let mut fields = line.split_str(b":");
    let name: &BStr = fields.next()?.into();
    let _password = fields.next()?;
    let (uid, gid) = (number(fields.next()?)?, number(fields.next()?)?);
    let home = fields.nth(1).unwrap_or_default();
    Some(User {
        name: name.into(),
        uid,
        gid,
        home: home.into(),
    })
}

fn group(line: &[u8]) -> Option<Group> {
    let mut fields = line.split_str(b":");
    let name: &BStr = fields.next()?.into();
    let gid = number(fields.nth(1)?)?;
    Some(Group {
        name: name.into(),
        gid,
    })
}

fn first_of(ids: impl Iterator<Item = u32>) -> HashMap<u32, usize> {
    let mut by_id = HashMap::new();
    for (at, id) in ids.enumerate() {
        by_id.entry(id).or_insert(at);
    }
    by_id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these lines was shown to the original.
    const PASSWD: &[u8] = b"# comment\nroot:x:0:0:root:/root:/bin/bash\nodd:x:abc:1:g:/h:/s\n\n\
        three:x:70\nfour:x:70:71\ndup:x:72:72:g:/h1:/s1\ndup:x:73:73:g:/h2:/s2\n\
        \x20  lead:x:74:74:g:/h:/s\nplus:x:+75:075:g:/h:/s\nblank:x: 7: 8:a: /h :/s\n\
        neg:x:-5:6:a:/h:/s\nbig:x:4294967296:1:a:/h:/s\nnogid:x:7::a:/h:/s\n:x:9:9:a:/e:/s\n\
        +nis:x:9:9:a:/h:/s\n";

    #[test]
    fn a_line_of_users_needs_a_name_and_two_numbers() {
        let users = Users::parse(PASSWD.to_vec());
        let rows = [
            ("root", Some((0, 0, "/root"))),
            ("odd", None),
            ("three", None),
            ("four", Some((70, 71, ""))),
            ("dup", Some((72, 72, "/h1"))),
            ("lead", Some((74, 74, "/h"))),
            ("plus", Some((75, 75, "/h"))),
            ("blank", Some((7, 8, " /h "))),
            ("neg", None),
            ("big", None),
            ("nogid", None),
            ("", Some((9, 9, "/e"))),
            ("+nis", None),
            ("# comment", None),
            ("0", None),
        ];
        for (name, wanted) in rows {
            let found = users.by_name(name);
            let found = found.map(|user| (user.uid, user.gid, user.home.to_string()));
            let wanted = wanted.map(|(uid, gid, home)| (uid, gid, home.to_string()));
            assert_eq!(found, wanted, "{name}");
        }
        assert_eq!(
            users.by_id(73).map(|user| user.name.as_bstr()),
            Some("dup".into())
        );
    }

    #[test]
    fn the_shell_is_read_strictly() {
        let users = Users::parse(b"a:x:1:1:a:/:/s\nb:x:2:2:b:/:\nc:x\nd:x:1:1:a:/:/s\n".to_vec());
        assert_eq!(users.shell("a"), Ok("/s".into()));
        assert_eq!(users.shell("b"), Ok("".into()));
        let wrong = Err("invalid entry in /etc/passwd".to_string());
        assert_eq!(users.shell("d"), wrong);
        let users = Users::parse(b" a:x:1:1:a:/:/s\n".to_vec());
        assert_eq!(users.shell("a"), Err("unknown user a".to_string()));
    }

    #[test]
    fn groups_count_by_number_and_by_member() {
        let groups = Groups::parse(
            b"g1:x:100:fine, root ,,fine\ng2:x:200:fine\ng3:x:+75:fine\ng4:x:201:fine:extra\n\
            a0:x:202:root,fine\ng2:x:203:fine\nshort:x:70\nnone:x::\n"
                .to_vec(),
        );
        let user = |name: &str, gid| User {
            name: name.into(),
            uid: 1,
            gid,
            home: "".into(),
        };
        let names = |user| {
            groups
                .of(&user)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(user("fine", 100)), ["a0", "g1", "g2", "g2", "g3"]);
        assert_eq!(names(user("root", 75)), ["a0", "g3"]);
        assert_eq!(groups.by_name("short").map(|group| group.gid), Some(70));
        assert_eq!(groups.by_name("none"), None);
    }
}
