//! The s6-portable-utils that scripts call: small file and text utilities.
//!
//! Behaviour follows their manual pages, release 2.3.

mod files;
mod output;
mod read_lines;

programs! {
    basename,
    cat,
    chmod,
    chown,
    dirname,
    dumpenv,
    echo,
    env,
    r#false,
    format_filter,
    grep,
    head,
    hiercopy,
    linkname,
    ln,
    ls,
    maximumtime,
    mkdir,
    mkfifo,
    pause,
    printenv,
    rename,
    rmrf,
    seq,
    sleep,
    sort,
    sync,
    tail,
    test,
    touch,
    r#true,
}
