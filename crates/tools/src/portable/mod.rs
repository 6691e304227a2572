//! The s6-portable-utils that scripts call, and those of s6-linux-utils that are like them: small
//! file and text utilities.
//!
//! Behaviour follows their manual pages, releases 2.3 and 2.6.

mod files;
mod output;
mod quoting;
mod read_lines;

programs! {
    basename,
    cat,
    chmod,
    chown,
    chroot,
    clock,
    cut,
    dirname,
    dumpenv,
    echo,
    env,
    expr,
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
    nice,
    nuke,
    pause,
    printenv,
    quote,
    quote_filter,
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
    uniquename,
    unquote,
    unquote_filter,
    update_symlinks,
}
