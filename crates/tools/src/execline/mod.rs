//! The execline programs: each changes one thing and becomes the next.
//!
//! Behaviour follows the manual pages of execline 2.9; what they leave open was
//! settled by running it.

mod blocks;
mod child;
mod codes;
mod condition;
mod each;
mod import_value;
mod positionals;
mod read_lines;
mod substitute;

programs! {
    background,
    backtick,
    case,
    cd,
    define,
    dollarat,
    elgetopt,
    elgetpositionals,
    elglob,
    eltest,
    emptyenv,
    envfile,
    exec,
    execline_cd,
    execline_umask,
    execlineb,
    exit,
    export,
    export_array,
    fdblock,
    fdclose,
    fdmove,
    fdreserve,
    fdswap,
    forbacktickx,
    foreground,
    forstdin,
    forx,
    getcwd,
    getpid,
    heredoc,
    homeof,
    r#if,
    ifelse,
    ifte,
    ifthenelse,
    import,
    importas,
    loopwhilex,
    multidefine,
    multisubstitute,
    pipeline,
    piperw,
    posix_cd,
    posix_umask,
    redirfd,
    runblock,
    shift,
    trap,
    tryexec,
    umask,
    unexport,
    wait,
    withstdinas,
}
