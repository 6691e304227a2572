//! The s6 programs: asking, telling and waiting for supervised services, and the
//! chain loaders that change identity, environment, limits, locks and sessions.

mod identity;
mod link;
mod listener;
mod supervisor;
mod trigger;
mod wait;
mod words;

programs! {
    applyuidgid, cleanfifodir, envdir, envuidgid, fghack, ftrig_listen, ftrig_listen1,
    ftrig_notify, ftrig_wait, mkfifodir, notifyoncheck, permafailon, setlock, setsid,
    setuidgid, softlimit, svc, svdt, svdt_clear, svlink, svok, svscanctl, svstat,
    svunlink, svwait,
}
