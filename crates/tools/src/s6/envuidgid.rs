//! s6-envuidgid: puts an account's ids into the environment, then becomes a program.

use chain::{Call, Outcome, Program, Result};
use kernel::accounts::{Accounts, Group};

use super::{identity, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-envuidgid",
    usage: "[ -i | -D uid:gid:gidlist ] [ -u | -g | -B ] [ -n ] account prog...",
    summary: "put an account's ids into UID, GID and GIDLIST, then run a program",
    run,
};

/// What the account word names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// A user with its group and supplementary groups.
    Account,
    User,
    Group,
    /// `user:group`
    Both,
}

/// What to set; the variables of the others stay.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ids {
    user: Option<u32>,
    group: Option<u32>,
    list: Option<Vec<u32>>,
}

struct Lookup {
    accounts: Accounts,
    /// Take numbers for themselves where no account has them as a name.
    numeric: bool,
    /// For unknown accounts.
    default: Option<(u32, u32, Vec<u32>)>,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut names = None;
    let mut numeric = false;
    let mut default = None;
    for option in call.options("iD:ugBn")? {
        match option.letter {
            b'i' => default = None,
            b'D' => default = Some(defaults(&option.value).ok_or_else(|| call.misuse())?),
            b'u' => names = Some(Names::User),
            b'g' => names = Some(Names::Group),
            b'B' => names = Some(Names::Both),
            _ => numeric = true,
        }
    }
    // Numbers have no account to take supplementary groups from.
    let names = names.unwrap_or(if numeric { Names::Both } else { Names::Account });
    let account = call.operand()?;
    let next = call.program()?;
    let lookup = Lookup {
        accounts: identity::accounts()?,
        numeric,
        default,
    };
    let ids = lookup.ids(names, &account)?;
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            call.env.set(name.as_bytes(), value.as_bytes());
        }
    };
    set("UID", ids.user.map(|id| id.to_string()));
    set("GID", ids.group.map(|id| id.to_string()));
    set("GIDLIST", ids.list.map(|list| list_text(&list)));
    Ok(Outcome::exec(call, next))
}

/// `uid:gid:gidlist`; parts that are missing or empty are 0, 0 and no group.
fn defaults(word: &[u8]) -> Option<(u32, u32, Vec<u32>)> {
    let mut parts = word.splitn(3, |b| *b == b':');
    let mut id = || match parts.next() {
        None | Some(b"") => Some(0),
        Some(text) => words::number32(text),
    };
    let (user, group) = (id()?, id()?);
    let list = words::group_list(parts.next().unwrap_or(b""))?;
    Some((user, group, list))
}

fn list_text(list: &[u32]) -> String {
    let items: Vec<String> = list.iter().map(u32::to_string).collect();
    items.join(",")
}

impl Lookup {
    fn ids(&self, names: Names, word: &[u8]) -> Result<Ids> {
        Ok(match names {
            Names::User => Ids {
                user: Some(self.user(word)?),
                ..Ids::default()
            },
            Names::Group => Ids {
                group: Some(self.group(word)?),
                ..Ids::default()
            },
            Names::Both => {
                let mut parts = word.splitn(2, |b| *b == b':');
                let mut part = || parts.next().filter(|text| !text.is_empty());
                let (user, group) = (part(), part());
                if word.is_empty() && self.default.is_none() {
                    return Err(identity::unknown("user", word));
                }
                // A part that is empty or missing is the default's, or 0.
                let default = self.default.as_ref().map_or((0, 0), |ids| (ids.0, ids.1));
                Ids {
                    user: Some(user.map_or(Ok(default.0), |name| self.user(name))?),
                    group: Some(group.map_or(Ok(default.1), |name| self.group(name))?),
                    list: None,
                }
            }
            Names::Account => match (self.accounts.user(word), &self.default) {
                (Some(user), _) => {
                    // Those that list the user: its own group only if it does so too.
                    let lists = |group: &&Group| group.members.contains(&user.name);
                    let groups = self.accounts.groups.iter().filter(lists);
                    let mut list: Vec<u32> = Vec::new();
                    for group in groups {
                        if !list.contains(&group.gid) {
                            list.push(group.gid);
                        }
                    }
                    Ids {
                        user: Some(user.uid),
                        group: Some(user.gid),
                        list: Some(list),
                    }
                }
                (None, Some((user, group, list))) => Ids {
                    user: Some(*user),
                    group: Some(*group),
                    list: Some(list.clone()),
                },
                (None, None) => return Err(identity::unknown("user", word)),
            },
        })
    }

    fn user(&self, name: &[u8]) -> Result<u32> {
        let known = self.accounts.user(name).map(|user| user.uid);
        let default = self.default.as_ref().map(|default| default.0);
        self.id("user", name, known, default)
    }

    fn group(&self, name: &[u8]) -> Result<u32> {
        let known = self.accounts.group(name).map(|group| group.gid);
        let default = self.default.as_ref().map(|default| default.1);
        self.id("group", name, known, default)
    }

    fn id(&self, what: &str, name: &[u8], known: Option<u32>, default: Option<u32>) -> Result<u32> {
        known
            .or_else(|| words::number32(name).filter(|_| self.numeric))
            .or(default)
            .ok_or_else(|| identity::unknown(what, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_may_leave_parts_out() {
        assert_eq!(defaults(b"1:2:3,4"), Some((1, 2, vec![3, 4])));
        assert_eq!(defaults(b"1"), Some((1, 0, vec![])));
        assert_eq!(defaults(b":2:3,"), Some((0, 2, vec![3])));
        assert_eq!(defaults(b"x:2:3"), None);
    }

    #[test]
    fn only_what_is_named_is_set() {
        let lookup = Lookup {
            accounts: Accounts::parse(b"web:x:33:34::/:/\n", b"log:x:40:web\nweb:x:34:\n"),
            numeric: false,
            default: None,
        };
        let web = lookup.ids(Names::Account, b"web").unwrap();
        assert_eq!((web.user, web.group, web.list), (Some(33), Some(34), Some(vec![40])));
        let both = lookup.ids(Names::Both, b"web").unwrap();
        assert_eq!((both.user, both.group, both.list), (Some(33), Some(0), None));
        assert!(lookup.ids(Names::User, b"33").is_err());
        assert!(lookup.ids(Names::Group, b"nope").is_err());
        let group = lookup.ids(Names::Group, b"log").unwrap();
        assert_eq!((group.user, group.group), (None, Some(40)));
    }
}
