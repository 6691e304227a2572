//! The overlay's own programs: the container's environment, ownership, helpers.

mod contenv;

programs! { archstring, fix_attrs, justc_envdir, printcontenv, with_contenv, with_retries }
