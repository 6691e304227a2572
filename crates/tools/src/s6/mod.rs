//! The s6 programs: asking, telling and waiting for supervised services, and the
//! chain loaders that change identity, environment, limits, locks and sessions.

mod identity;
mod listener;
mod supervisor;
mod wait;
mod words;

programs! {
    applyuidgid, cleanfifodir, envdir, envuidgid, fghack, ftrig_notify, mkfifodir,
    notifyoncheck, permafailon, setlock, setsid, setuidgid, softlimit, svc, svdt,
    svdt_clear, svok, svscanctl, svstat, svwait,
}
